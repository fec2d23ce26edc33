"""``nst worker``: the engine's side of the pipe that :mod:`nst_contract.protocol` describes.

One worker answers any number of inquiries, serves one request and ends. Threads of their own watch
its standard input and for Ctrl+C, so that a cancel, or the death of the plug-in, ends the process
at once, in the middle of a convolution if need be.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nst_contract import __version__
from nst_contract.errors import BAD_REQUEST, Cancelled, NstError, explain
from nst_contract.protocol import (
    FOLDER_PREFIX,
    BuiltinStyle,
    Command,
    Done,
    Error,
    Estimate,
    Event,
    Inquiry,
    Loaded,
    Preview,
    Raster,
    Request,
    StyleRequest,
    encode,
    parse,
)
from nst_contract.settings import Settings
from nst_core.reporting import log_files

if TYPE_CHECKING:
    from torch import Tensor

    from nst_core.networks.vgg import Vgg
    from nst_core.pictures.inputs import Style
    from nst_core.pictures.picture import Array, Picture
    from nst_core.scales.pyramid import Size

_log = logging.getLogger(__name__)


def serve() -> int:
    """Serves one request on standard input and output; returns the exit code."""
    output = _claim_stdout()
    log_file = log_files.start("worker")
    inbox = _Inbox()
    _watch_for_interrupt(inbox)
    inbox.start()
    # GIMP and its user come first.
    os.nice(5)
    try:
        _serve(inbox, output)
    except (Cancelled, BrokenPipeError):  # nobody waits for the result
        inbox.abandon()
    except Exception as error:
        _log.exception("the run failed")
        failure = explain(error, log_file)
        _send(output, Error(failure.code, failure.message, failure.advice))
        return 1
    return 0


def _serve(inbox: _Inbox, output: IO[str]) -> None:
    # torch takes seconds to import: only now that the inbox is watched.
    from nst_core.networks.device import choose_device
    from nst_core.networks.loading import load_networks
    from nst_core.run.forecast import seconds_per_pixel

    placement = choose_device()
    networks: Sequence[Vgg] = load_networks(placement, Settings())
    # While the user is choosing: torch loads and prepares what it needs at its first use.
    seconds_per_pixel(networks[0])
    weights = networks[0].name
    _send(output, Loaded(__version__, placement.device.type, placement.precision, weights))
    while isinstance(asked := inbox.wait(), Inquiry):
        answer, networks = _answer(asked, networks)
        _send(output, answer)

    def on_event(event: Event) -> Command | None:
        _send(output, event)
        return Command.FINISH if inbox.is_finish_wanted.is_set() else None

    done = Job(asked, on_event).run(networks)
    inbox.release()
    _send(output, done)


def _answer(inquiry: Inquiry, networks: Sequence[Vgg]) -> tuple[Estimate, Sequence[Vgg]]:
    """Returns the answer, and the networks that the next inquiry may need again."""
    from nst_core.run.estimate import estimate

    try:
        settings = Settings.from_dict(inquiry.settings)
        styles = [_size(style, inquiry.content, settings) for style in inquiry.styles]
        ready, networks = estimate(inquiry.content, styles, settings, networks, masks=inquiry.masks)
    except NstError as error:
        failure = Error(error.code, error.message, error.advice)
        return Estimate(inquiry.number, error=failure), networks
    return Estimate(inquiry.number, ready), networks


def _size(style: Size | BuiltinStyle, content: Size, settings: Settings) -> Size:
    if not isinstance(style, BuiltinStyle):
        return style
    from nst_core.commands import style_sources

    side = style_sources.builtin(style).side(content, settings)
    return side, side


class Job:
    """One request on its way from rasters to raster.

    Args:
        request: its folder holds the rasters.
        on_event: receives the run's events and previews; what it returns is a command to the run.
    """

    def __init__(self, request: Request, on_event: Callable[[Event], Command | None]) -> None:
        self._request = request
        self._on_event = on_event
        self._folder = Path(request.folder)
        self._next_preview = time.monotonic() + request.preview_seconds
        self._previews = 0

    def run(self, networks: Sequence[Vgg]) -> Done:
        """Paints, and writes the result into the request's folder.

        Args:
            networks: at hand; others are loaded if the settings want them.

        Raises:
            NstError: if the request asks for something that there is not.
        """
        from nst_core.pictures import rasters
        from nst_core.stylize import stylize

        request = self._request
        settings = Settings.from_dict(request.settings)
        content = self._picture(request.content)
        result = stylize(
            content,
            [self._style(source, content, settings) for source in request.styles],
            settings,
            self._on_event,
            mask=self._mask(request.mask),
            start=self._picture(request.start) if request.start else None,
            networks=networks,
            on_image=self._on_image,
        )
        file = "result.raw"
        rasters.write(result.picture, self._folder / file, request.content.sample)
        return result.done(file)

    def _style(self, source: StyleRequest, content: Picture, settings: Settings) -> Style:
        from nst_core.commands import style_sources
        from nst_core.pictures.inputs import Style

        asked = source.picture
        if isinstance(asked, BuiltinStyle):
            picture = style_sources.builtin(asked).picture(content, settings)
        else:
            picture = self._picture(asked)
        return Style(picture, source.weight, source.scale, self._mask(source.mask))

    def _picture(self, raster: Raster) -> Picture:
        from nst_core.pictures import rasters

        return rasters.read(self._folder, raster)

    def _mask(self, raster: Raster | None) -> Array | None:
        from nst_core.pictures import rasters

        return rasters.read_mask(self._folder, raster) if raster else None

    def _on_image(self, image: Tensor) -> None:
        if not self._request.preview_seconds or time.monotonic() < self._next_preview:
            return
        from nst_core.pictures import rasters

        self._previews += 1
        raster = rasters.write_preview(image, self._folder, f"preview-{self._previews}.raw")
        self._on_event(Preview(raster))
        self._next_preview = time.monotonic() + self._request.preview_seconds


class _Inbox(threading.Thread):
    """Watches standard input: the request, then commands, then the end of the other side."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.is_finish_wanted = threading.Event()
        self._asked: queue.Queue[Request | Inquiry | NstError] = queue.Queue()
        self._folder: Path | None = None

    def run(self) -> None:
        # os.read, since a thread blocked in a buffered reader makes the process abort at exit.
        rest = b""
        while chunk := os.read(0, 65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._receive(line.decode(errors="replace"))
        _log.info("end of input: the other side is gone or has its result")
        self.abandon()

    def wait(self) -> Request | Inquiry:
        """Returns what is asked next, once it has come.

        Raises:
            NstError: (bad-request) if it is nothing that can be asked.
        """
        asked = self._asked.get()
        if isinstance(asked, NstError):
            raise asked
        return asked

    def release(self) -> None:
        """Leaves the folder, with the result, to the other side."""
        self._folder = None

    def abandon(self) -> None:
        """Removes the request's folder and ends the process at once."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        os._exit(0)

    def _receive(self, line: str) -> None:
        if line == Command.FINISH.value:
            self.is_finish_wanted.set()
        elif line == Command.CANCEL.value:
            self.abandon()
        elif self._folder is None:
            try:
                asked = parse(line)
                if isinstance(asked, Request):
                    self._folder = checked_folder(asked)
                self._asked.put(asked)
            except NstError as error:
                self._asked.put(error)


def _watch_for_interrupt(inbox: _Inbox) -> None:
    """Has Ctrl+C abandon the request. Called before other threads start, which inherit the mask.

    A KeyboardInterrupt would wait for the end of what the main thread is at, which may be a write
    to a pipe that nobody reads.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def watch() -> None:
        signal.sigwait({signal.SIGINT})
        inbox.abandon()

    threading.Thread(target=watch, daemon=True).start()


def checked_folder(request: Request) -> Path:
    """Returns the request's folder: only what can be nothing else is ever removed.

    Raises:
        NstError: (bad-request) if it is not a private folder of this program.
    """
    folder = Path(request.folder)
    try:
        status = folder.lstat()
    except (OSError, ValueError):  # a name with a zero byte is a ValueError
        status = None
    if (
        status is None
        or not folder.is_absolute()
        or not folder.name.startswith(FOLDER_PREFIX)
        or not stat.S_ISDIR(status.st_mode)
        or status.st_uid != os.getuid()
        or status.st_mode & 0o077
    ):
        raise NstError(
            BAD_REQUEST,
            f"{folder} is not a private folder of this program.",
            f"It must be an absolute path to a folder named {FOLDER_PREFIX}... with mode 700.",
        )
    return folder


def _claim_stdout() -> IO[str]:
    """Returns standard output for events alone: whatever a library prints goes to stderr."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return output


def _send(output: IO[str], event: Event) -> None:
    output.write(encode(event))
    output.flush()
