"""A folder of pictures painted in the same style; it continues where it was interrupted.

The results alone tell what is done (:mod:`nst_core.commands.batch_results`): they are written whole
or not at all. That all of them are of one kind is ensured by
:mod:`nst_core.commands.batch_journal`.

Under torchrun, each process takes the next picture whenever it has painted one, and paints it
alone. The largest come first, so that none has long to wait for another in the end.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nst_contract import backbone
from nst_contract.errors import (
    BAD_INPUT,
    BAD_SETTING,
    DISK,
    DIVERGED,
    MEMORY,
    NstError,
    out_of_memory,
)
from nst_contract.protocol.events import Caution, Done
from nst_contract.settings import Settings
from nst_core.commands import batch_contents
from nst_core.commands.batch_journal import Journal
from nst_core.commands.batch_results import Results, State, in_the_way
from nst_core.commands.style_sources import FileSource, StyleSource
from nst_core.faces import detection
from nst_core.networks import machine_memory, weights_catalog
from nst_core.pictures import picture_files, result_files, written_formats
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord
from nst_core.reporting.reporter import BatchReporter, Summary
from nst_core.scales.scale_sizes import side_of_content
from nst_core.storage import atomic_files
from nst_core.storage.disk_errors import disk_error
from nst_core.storage.folder_lock import locked

if TYPE_CHECKING:
    from nst_core.distributed.process_group import TorchrunGroup

_log = logging.getLogger(__name__)

# What is wrong with one picture is not wrong with the next; all other errors hit all alike.
_OF_ONE_PICTURE = (BAD_INPUT, DIVERGED, MEMORY)
# Likewise, what the system has against the file of one result, whose folder was tried before.
_OF_ONE_RESULT = (errno.EACCES, errno.EBUSY, errno.EPERM, errno.ENAMETOOLONG)
_SECONDS_BETWEEN_COUNTS = 1.0


@dataclass(frozen=True)
class Batch:
    """What is to be painted.

    Attributes:
        folder: its pictures are the contents; folders in it are not looked into.
        styles: where one or more style pictures come from.
        results: the folder for the results; it is made if it is missing.
        settings: how to paint.
        overwrite: whether to start over, replacing each earlier result as its successor is written.
    """

    folder: Path
    styles: Sequence[StyleSource]
    results: Path
    settings: Settings
    overwrite: bool = False


@dataclass(frozen=True)
class _Todo:
    """What there is to do, in values that JSON can represent, for the other processes.

    Attributes:
        names: of all pictures.
        done: names of those that are painted.
        blocked: for the name of each whose result something stands in the way of, what it is.
    """

    names: Sequence[str] = ()
    done: Sequence[str] = ()
    blocked: Mapping[str, str] = field(default_factory=dict)

    @property
    def left(self) -> list[str]:
        ended = {*self.done, *self.blocked}
        return [name for name in self.names if name not in ended]

    def result(self, name: str) -> str:
        """Returns the name of a picture's result."""
        return batch_contents.result_name(name, self.names)


def run(batch: Batch, reporter: BatchReporter) -> int:
    """Paints the pictures that have no result yet.

    Args:
        batch: what is to be painted.
        reporter: receives every event.

    Returns:
        The exit code: 1 if a picture could not be painted, 0 otherwise. Under torchrun the first
        process has it; the others return 0.

    Raises:
        NstError: if the folders, styles, settings or the journal are not usable, another batch is
            painting into the folder of the results, or something failed that would fail for every
            picture.
    """
    group = _join()
    leads = group is None or group.rank == 0
    with contextlib.ExitStack() as stack:
        todo = stack.enter_context(_prepared(batch, reporter)) if leads else _Todo()
        if group:
            left = batch_contents.largest_first(batch.folder, todo.left)
            names = [*left, *todo.done, *todo.blocked]
            todo = _Todo(*group.broadcast_value((names, todo.done, todo.blocked)))
        painted, failed = _paint_share(batch, todo, reporter, group)
    if not leads:
        # torchrun ends the first process, which has the last word, when another fails.
        return 0
    failed += len(todo.blocked)
    reporter.end(Summary(painted, len(todo.done), failed))
    return 1 if failed else 0


def _paint_share(
    batch: Batch, todo: _Todo, reporter: BatchReporter, group: TorchrunGroup | None
) -> tuple[int, int]:
    """Paints what falls to this process; returns what all of them painted, and failed to."""
    left = todo.left
    others = _Others(batch, map(todo.result, left) if group else ())
    rank = group.rank if group else None
    reporter.begin(len(todo.names), len(todo.done), others.count, rank)
    if not rank:
        for name, message in todo.blocked.items():
            reporter.turn_to(name)
            reporter.fail(in_the_way(message))

    def own() -> Iterator[tuple[str, str]]:
        for name in _turns(left, group):
            result = todo.result(name)
            others.leave_out(result)
            yield name, result

    painted, failed = _paint(batch, own(), reporter, group) if left else (0, 0)
    return _meet(group, painted, failed, reporter) if group else (painted, failed)


def _turns(names: Sequence[str], group: TorchrunGroup | None) -> Iterator[str]:
    """Returns the pictures that this process paints, each as late as it can begin with it."""
    if group is None:
        yield from names
        return
    while (turn := group.take_turn()) < len(names):
        yield names[turn]


def _join() -> TorchrunGroup | None:
    """Returns the processes that torchrun started, if it did."""
    if "WORLD_SIZE" not in os.environ:
        return None
    # torch takes seconds to import; alone, errors come before
    from nst_core.distributed.process_group import TorchrunGroup, is_started_by_torchrun

    return TorchrunGroup() if is_started_by_torchrun() else None


@contextlib.contextmanager
def _prepared(batch: Batch, reporter: BatchReporter) -> Iterator[_Todo]:
    """Checks everything, and keeps other batches out of the folder of the results.

    Yields:
        What is to be done.
    """
    contents = batch_contents.found(batch.folder, batch.results)
    if batch.results.exists() and batch.results.samefile(batch.folder):
        raise NstError(
            BAD_INPUT,
            f"The results would replace the pictures in {batch.folder}.",
            "Name another folder for the results.",
        )
    if batch.settings.start == "picture":
        raise NstError(
            BAD_SETTING,
            "A batch has no picture to start from.",
            "Choose another start.",
        )
    _check_styles(batch)
    weights_catalog.check(batch.settings.weights_choice)
    backbone.check(batch.settings.backbone_choice)
    detection.check(batch.settings)
    try:
        batch.results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(batch.results, error) from error
    with locked(batch.results) as is_free:
        if not is_free:
            raise NstError(
                BAD_INPUT,
                f"Another batch is painting into {batch.results}.",
                "Wait until it has ended, or name another folder for the results.",
            )
        picture_files.check_writable(batch.results / f"any{written_formats.SUFFIXES[0]}")
        todo = _todo(batch, contents.names)
        if contents.passed_over:
            reporter(Caution(contents.passed_over, batch_contents.ADVICE))
        yield todo


def _todo(batch: Batch, names: Sequence[str]) -> _Todo:
    """Finds out which pictures are painted already, and which cannot be."""
    journal, results = Journal.of(batch.settings, batch.styles), _results(batch)
    goes_on = batch.overwrite or journal.is_kept_in(batch.results)
    done, blocked = [], {}
    for name in names:
        result = batch_contents.result_name(name, names)
        if not os.path.lexists(batch.results / result):
            continue
        state = results.state(result, journal.made_from(batch.folder / name))
        if state is State.DONE and not batch.overwrite:
            done.append(name)
        elif not goes_on:
            raise in_the_way(results.what_is_there(result, state))
        elif not results.may_be_replaced(state):
            blocked[name] = results.what_is_there(result, state)
    return _Todo(names, done, blocked)


def _results(batch: Batch) -> Results:
    photographs = batch.folder.iterdir()
    styles = (style.path for style in batch.styles if isinstance(style, FileSource))
    return Results.of(batch.results, [*photographs, *styles], batch.overwrite)


def _check_styles(batch: Batch) -> None:
    for style in batch.styles:
        style.check(batch.settings)


def _paint(
    batch: Batch,
    names: Iterator[tuple[str, str]],
    reporter: BatchReporter,
    group: TorchrunGroup | None,
) -> tuple[int, int]:
    """Paints one picture after the other.

    Args:
        names: of the pictures, each with that of its result.

    Returns:
        How many it did, and how many failed.
    """
    import torch

    paint_one = _painter(batch, reporter, group)
    painted = failed = 0
    for name, result_name in names:
        reporter.turn_to(name)
        try:
            done = paint_one(name, batch.results / result_name)
        except Exception as error:
            _log.warning("%s was not painted", name, exc_info=True)
            reporter.fail(_of_one_picture(error))
            failed += 1
        else:
            reporter(done)
            painted += 1
        if torch.accelerator.is_available():
            # What torch keeps of a card's memory would seem taken when the next one is planned.
            torch.accelerator.empty_cache()
    reporter.turn_to("")
    return painted, failed


def _painter(
    batch: Batch, reporter: BatchReporter, group: TorchrunGroup | None
) -> Callable[[str, Path], Done]:
    """Returns what paints a picture, given by name, into a file, and says what it has done."""
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
    journal, results = Journal.of(batch.settings, batch.styles), _results(batch)

    def paint_one(name: str, file: Path) -> Done:
        picture_files.check_writable(file)
        photograph = batch.folder / name
        made_from = journal.made_from(photograph)
        budget = machine_memory.budget_for_pictures(settings)
        content = picture_files.read(photograph, side_of_content(settings), budget)
        for caution in result_files.check_for(file, content):
            reporter(caution)
        styles = [style.picture(content, settings) for style in batch.styles]
        inputs = Inputs(content, [Style(style) for style in styles])
        result = run_stylization(inputs, settings, reporter, networks=networks, group=alone)
        record = PaintingRecord.of(result.settings, result.weights, inputs)
        results.check_replaceable(file.name, made_from)
        journal.keep_in(batch.results)
        picture_files.write(result.picture, file, replace(record, batch=made_from))
        return result.done(str(file))

    return paint_one


def _of_one_picture(error: Exception) -> NstError:
    """Returns an error that is one picture's; raises one that would come with the next as well."""
    known = error if isinstance(error, NstError) else out_of_memory(error)
    if known is None:
        raise error
    is_of_its_result = getattr(known.__cause__, "errno", None) in _OF_ONE_RESULT
    if known.code not in _OF_ONE_PICTURE and not (known.code == DISK and is_of_its_result):
        raise error
    return known


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

    def __init__(self, batch: Batch, names: Iterable[str]) -> None:
        self._before = {name: atomic_files.version(batch.results / name) for name in names}
        self._folder = batch.results
        self._found = 0
        self._next_look = 0.0

    def leave_out(self, name: str) -> None:
        """Does not count a result any more: it will be this process's own."""
        self._before.pop(name, None)

    def count(self) -> int:
        """Returns how many there are; a folder in the network is not asked too often."""
        if self._before and time.monotonic() >= self._next_look:
            for name, before in list(self._before.items()):
                if atomic_files.version(self._folder / name) != before:
                    del self._before[name]
                    self._found += 1
            self._next_look = time.monotonic() + _SECONDS_BETWEEN_COUNTS
        return self._found
