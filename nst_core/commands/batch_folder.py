"""A folder of pictures painted in the same style; it continues where it was interrupted.

The results alone tell what is done: they are written whole or not at all. That all of them are of
one kind is ensured by :mod:`nst_core.commands.batch_journal`.

Under torchrun, the pictures are dealt out to the processes, and each paints its own alone.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nst_contract import backbone
from nst_contract.errors import BAD_INPUT, DIVERGED, NstError
from nst_contract.settings import Settings
from nst_core.commands import batch_journal
from nst_core.commands.style_sources import StyleSource
from nst_core.faces import detection
from nst_core.networks import weights_catalog
from nst_core.pictures import picture_files
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord
from nst_core.reporting.reporter import BatchReporter, Summary

if TYPE_CHECKING:
    from nst_core.distributed.process_group import TorchrunGroup

_log = logging.getLogger(__name__)

# What is wrong with one picture is not wrong with the next; all other errors hit all alike.
_OF_ONE_PICTURE = (BAD_INPUT, DIVERGED)
_SECONDS_BETWEEN_COUNTS = 1.0


@dataclass(frozen=True)
class Batch:
    """What is to be painted.

    Attributes:
        folder: its pictures are the contents; folders in it are not looked into.
        styles: where one or more style pictures come from.
        results: the folder for the results; it is made if it is missing.
        settings: how to paint.
        overwrite: whether to start over, replacing earlier results.
    """

    folder: Path
    styles: Sequence[StyleSource]
    results: Path
    settings: Settings
    overwrite: bool = False

    def is_done(self, name: str) -> bool:
        """Tells whether there is a result newer than the picture of this name."""
        try:
            source, result = (self.folder / name).stat(), (self.results / name).stat()
        except OSError:
            return False
        return result.st_mtime_ns > source.st_mtime_ns


def run(batch: Batch, reporter: BatchReporter) -> int:
    """Paints the pictures that have no result yet.

    Args:
        batch: what is to be painted.
        reporter: receives every event.

    Returns:
        The exit code: 1 if a picture could not be painted, 0 otherwise. Under torchrun the first
        process has it; the others return 0.

    Raises:
        NstError: if the folders, styles, settings or the journal are not usable, or something
            failed that would fail for every picture.
    """
    group = _join()
    leads = group is None or group.rank == 0
    names, todo = _prepare(batch) if leads else ([], [])
    if group:
        names, todo = group.broadcast_value((names, todo))
    rank, size = (group.rank, group.size) if group else (0, 1)
    others = _Others(batch, [name for i, name in enumerate(todo) if i % size != rank])
    reporter.begin(len(names), len(names) - len(todo), others.count, rank if group else None)
    painted, failed = _paint(batch, todo[rank::size], reporter, group)
    if group:
        painted, failed = _meet(group, painted, failed, reporter)
    if not leads:
        # torchrun ends the first process, which has the last word, when another fails.
        return 0
    reporter.end(Summary(painted, len(names) - len(todo), failed))
    return 1 if failed else 0


def _join() -> TorchrunGroup | None:
    """Returns the processes that torchrun started, if it did."""
    if "WORLD_SIZE" not in os.environ:
        return None
    # torch takes seconds to import; alone, errors come before
    from nst_core.distributed.process_group import TorchrunGroup, is_started_by_torchrun

    return TorchrunGroup() if is_started_by_torchrun() else None


def _prepare(batch: Batch) -> tuple[list[str], list[str]]:
    """Checks everything and writes the journal.

    Returns:
        The names of all pictures, and of those to paint.
    """
    names = _pictures(batch.folder)
    if batch.results.exists() and batch.results.samefile(batch.folder):
        raise NstError(
            BAD_INPUT,
            f"The results would replace the pictures in {batch.folder}.",
            "Name another folder for the results.",
        )
    _check_styles(batch)
    weights_catalog.check(batch.settings.weights_choice)
    backbone.check(batch.settings.backbone_choice)
    detection.check(batch.settings)
    try:
        batch.results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise batch_journal.disk_error(batch.results, error) from error
    picture_files.check_writable(batch.results / f"any{picture_files.SUFFIXES[0]}")
    batch_journal.keep(batch.results, names, batch.settings, batch.styles, batch.overwrite)
    return names, [name for name in names if not batch.is_done(name)]


def _pictures(folder: Path) -> list[str]:
    """Returns the names of a folder's picture files, sorted."""
    try:
        found = sorted(
            path.name
            for path in folder.iterdir()
            # Hidden files are no pictures of the user's, whatever they are called.
            if path.suffix.lower() in picture_files.SUFFIXES
            and path.name[0] != "."
            and path.is_file()
        )
    except OSError as error:
        raise NstError(
            BAD_INPUT,
            f"{folder} cannot be read as a folder ({error.strerror}).",
            "Name a folder of pictures.",
        ) from error
    if not found:
        raise NstError(
            BAD_INPUT,
            f"There are no pictures in {folder}.",
            f"Name a folder of pictures that end in one of {picture_files.FORMATS}.",
        )
    return found


def _check_styles(batch: Batch) -> None:
    for style in batch.styles:
        style.check()


def _paint(
    batch: Batch, names: Sequence[str], reporter: BatchReporter, group: TorchrunGroup | None
) -> tuple[int, int]:
    """Paints one picture after the other; returns how many it did, and how many failed."""
    if not names:
        return 0, 0
    import torch

    from nst_core.distributed.group_interface import SingleProcess
    from nst_core.networks.device import choose_device
    from nst_core.networks.loading import load_networks
    from nst_core.run.pipeline import run_stylization

    settings, alone = (
        group.settings_for_own_pictures(batch.settings)
        if group
        else (batch.settings, SingleProcess())
    )
    _check_styles(batch)
    placement = choose_device(settings.device, settings.precision)
    networks = load_networks(placement, settings) if settings.evaluations else ()
    failed = 0
    for name in names:
        reporter.turn_to(name)
        try:
            content = picture_files.read(batch.folder / name)
            styles = [style.picture(content, settings) for style in batch.styles]
            inputs = Inputs(content, [Style(style) for style in styles])
            result = run_stylization(inputs, settings, reporter, networks=networks, group=alone)
            record = PaintingRecord.of(result.settings, result.weights, inputs)
            picture_files.write(result.picture, batch.results / name, record)
        except NstError as error:
            if error.code not in _OF_ONE_PICTURE:
                raise
            _log.warning("%s was not painted", name, exc_info=True)
            failed += 1
            reporter.fail(error)
        else:
            reporter(result.done(str(batch.results / name)))
        if torch.accelerator.is_available():
            # What torch keeps of a card's memory would seem taken when the next one is planned.
            torch.accelerator.empty_cache()
    reporter.turn_to("")
    return len(names) - failed, failed


def _meet(
    group: TorchrunGroup, painted: int, failed: int, reporter: BatchReporter
) -> tuple[int, int]:
    """Waits for the other processes; returns what all of them painted, and failed to."""
    import torch

    counts = torch.tensor([painted, failed])
    group.all_reduce_when_all_are_done(counts, reporter.wait)
    group.leave()
    painted, failed = counts.tolist()
    return painted, failed


class _Others:
    """Counts the results of the other processes as they appear."""

    def __init__(self, batch: Batch, names: Sequence[str]) -> None:
        self._batch = batch
        self._awaited = names
        self._found = 0
        self._next_look = 0.0

    def count(self) -> int:
        """Returns how many there are; a folder in the network is not asked too often."""
        if self._awaited and time.monotonic() >= self._next_look:
            left = [name for name in self._awaited if not self._batch.is_done(name)]
            self._found += len(self._awaited) - len(left)
            self._awaited = left
            self._next_look = time.monotonic() + _SECONDS_BETWEEN_COUNTS
        return self._found
