"""``nst worker``: the engine's side of the pipe that :mod:`nst_contract.protocol` describes.

One worker answers any number of inquiries and sketches, serves one request and ends; it ends sooner
when its :mod:`inbox <nst_core.commands.worker_inbox>` says so.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nst_contract import __version__
from nst_contract.errors import BAD_REQUEST, Cancelled, NstError
from nst_contract.messages import Message
from nst_contract.platforms import machine
from nst_contract.protocol.events import Done, Error, Estimate, Event, Loaded, Preview
from nst_contract.protocol.requests import (
    BuiltinStyle,
    Command,
    Inquiry,
    Request,
    Sketch,
)
from nst_contract.settings import Settings
from nst_core.commands.installation import keep_installed
from nst_core.commands.worker_inbox import Inbox, watch_for_signals
from nst_core.commands.worker_outlet import Gone, Outlet
from nst_core.reporting import log_files

if TYPE_CHECKING:
    from torch import Tensor

    from nst_core.networks.vgg import Vgg
    from nst_core.pictures.picture import Size

_log = logging.getLogger(__name__)

# Names of the files that it writes into the request's folder.
_RESULT, _PREVIEW = "result.raw", "preview-"


def serve() -> int:
    """Serves one request on standard input and output; returns the exit code."""
    log_file = log_files.start("worker")
    try:
        outlet = Outlet.claim(log_file)
    except Gone:
        _log.error("standard output is closed: there is nobody to work for")
        return 1
    inbox = Inbox(outlet.fail)
    watch_for_signals(inbox)
    if sys.__stdin__ is None:
        outlet.fail(_unasked())
        return 1
    inbox.start()
    # GIMP and its user come first.
    machine.lower_priority()
    return serve_one(inbox, outlet)


def serve_one(inbox: Inbox, outlet: Outlet) -> int:
    """Answers what is asked until a request comes, and serves that; returns the exit code."""
    try:
        keep_installed()
        _serve(inbox, outlet)
    except (Cancelled, Gone):  # nobody waits for the result
        inbox.abandon()
    except Exception as error:
        inbox.release(1)
        outlet.fail(error)
        return 1
    return 0


def _serve(inbox: Inbox, outlet: Outlet) -> None:
    # torch takes seconds to import: only now that the inbox is watched.
    from nst_core.networks.device import choose_device
    from nst_core.networks.loading import load_networks
    from nst_core.run.forecast import seconds_per_pixel

    placement = choose_device()
    usual = Settings()
    networks: Sequence[Vgg] = [*load_networks(placement, usual)]
    # While the user is choosing: torch loads and prepares what it needs at its first use.
    seconds_per_pixel(networks[0], usual)
    weights = networks[0].name
    outlet.send(Loaded(__version__, placement.device.type, placement.precision, weights))
    request, networks = _prepared(inbox, outlet, networks)

    def on_event(event: Event) -> Command | None:
        outlet.send(event)
        return Command.FINISH if inbox.is_finish_wanted.is_set() else None

    done = Job(request, on_event).run(networks)
    inbox.release(0)
    outlet.send(done)


def _prepared(
    inbox: Inbox, outlet: Outlet, networks: Sequence[Vgg]
) -> tuple[Request, Sequence[Vgg]]:
    """Answers inquiries and sketches until the request comes; what sketches needed is then gone.

    Returns:
        The request, and the networks that are at hand.
    """
    from nst_core.commands.worker_sketches import Sketches

    def check(sketch: Sketch, at_hand: Sequence[Vgg]) -> None:
        if not inbox.wants(sketch):
            raise Cancelled
        # Forecasts do not wait for a picture.
        while (inquiry := inbox.waiting_inquiry()) is not None:
            outlet.send(answer(inquiry, tuple(at_hand))[0])

    sketches = Sketches(outlet.send, check, outlet.log_file)
    while not isinstance(asked := inbox.wait(), Request):
        if isinstance(asked, Sketch):
            networks = sketches.paint(asked, networks)
        else:
            reply, networks = answer(asked, networks)
            outlet.send(reply)
    return asked, networks


def _unasked() -> NstError:
    return NstError(
        BAD_REQUEST,
        Message("The engine was started without a standard input, so nobody can ask it anything."),
        Message("It is for the plug-in. On the command line, use nst stylize."),
    )


def answer(inquiry: Inquiry, networks: Sequence[Vgg]) -> tuple[Estimate, Sequence[Vgg]]:
    """Returns the answer, and the networks that the next inquiry may need again."""
    from nst_core.run.forecast import estimate

    try:
        settings = Settings.from_dict(inquiry.settings)
        ready, networks = estimate(
            inquiry.content,
            _sizes(inquiry, settings),
            settings,
            networks,
            masks=inquiry.masks,
            style_scales=inquiry.style_scales,
        )
    except NstError as error:
        failure = Error(error.code, error.message, error.advice)
        return Estimate(inquiry.number, error=failure), networks
    return Estimate(inquiry.number, ready), networks


def _sizes(inquiry: Inquiry, settings: Settings) -> list[Size]:
    """Returns width and height of each style; the built-in ones will be painted in theirs."""
    from nst_core.commands import style_sources

    sizes = []
    scales = inquiry.style_scales or [1.0] * len(inquiry.styles)
    for style, scale in zip(inquiry.styles, scales, strict=True):
        if isinstance(style, BuiltinStyle):
            side = style_sources.builtin(style).side(inquiry.content, settings, scale)
            sizes.append((side, side))
        else:
            sizes.append(style)
    return sizes


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
            NstError: if the request cannot be fulfilled.
        """
        from nst_core.commands.request_pictures import RequestPictures, check_names
        from nst_core.pictures import rasters
        from nst_core.run.pipeline import run_stylization

        request = self._request
        settings = Settings.from_dict(request.settings)
        file = _RESULT
        check_names(request, (_RESULT, _PREVIEW))
        # Found out before painting, and nobody else takes the room meanwhile.
        rasters.reserve(self._folder / file, request.content.size_in_bytes)
        inputs = RequestPictures(self._folder).inputs(request, settings)
        result = run_stylization(
            inputs, settings, self._on_event, on_image=self._on_image, networks=networks
        )
        rasters.write(result.picture, self._folder / file, request.content.sample)
        return result.done(file)

    def _on_image(self, image: Tensor) -> None:
        if not self._request.preview_seconds or time.monotonic() < self._next_preview:
            return
        from nst_core.pictures import rasters
        from nst_core.pictures.picture import Picture, to_rgb

        self._next_preview = time.monotonic() + self._request.preview_seconds
        self._previews += 1
        try:
            file = f"{_PREVIEW}{self._previews}.raw"
            raster = rasters.write_preview(Picture(to_rgb(image)), self._folder, file)
        except NstError as error:
            _log.warning("a preview is left out: %s", error.message)
            return
        self._on_event(Preview(raster))
