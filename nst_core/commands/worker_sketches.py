"""The sketches of a worker: each goes on until the next one is wanted."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from nst_contract.errors import Cancelled, explain
from nst_contract.protocol.events import Error, Event, Sketched
from nst_contract.protocol.requests import Raster, Sketch
from nst_contract.settings import Settings
from nst_core.commands.request_pictures import SketchPictures, check_names, size_of
from nst_core.commands.worker_outlet import Gone
from nst_core.networks.vgg import Vgg
from nst_core.pictures import rasters
from nst_core.pictures.picture import Picture
from nst_core.run.sketcher import Sketcher

_log = logging.getLogger(__name__)

PREFIX = "sketch-"


class Sketches:
    """Paints one sketch after the other.

    Args:
        send: sends an event.
        check: is called many times during a sketch; it raises Cancelled once that is no longer
            wanted.
        log_file: which file a person is pointed to for what is not in an event.
    """

    def __init__(
        self,
        send: Callable[[Event], None],
        check: Callable[[Sketch, Sequence[Vgg]], None],
        log_file: Path,
    ) -> None:
        self._send = send
        self._check = check
        self._log_file = log_file
        self._pictures = SketchPictures(Path())
        self._sketcher = Sketcher()
        self._files = 0

    def paint(self, sketch: Sketch, networks: Sequence[Vgg]) -> Sequence[Vgg]:
        """Answers a sketch, until it is finished or no longer wanted.

        Args:
            sketch: what is asked.
            networks: at hand.

        Returns:
            The networks that are at hand then.
        """
        self._sketcher.networks = networks
        try:
            self._paint(sketch)
        except Cancelled:
            _log.info("sketch %d is no longer wanted", sketch.number)
        except Gone:
            raise
        # Whatever goes wrong, it is but a sketch: the run itself may still be asked for.
        except Exception as error:
            _log.error("sketch %d failed", sketch.number, exc_info=error)
            failure = explain(error, self._log_file)
            self._send(
                Sketched(sketch.number, error=Error(failure.code, failure.message, failure.advice))
            )
        return self._sketcher.networks

    def _paint(self, sketch: Sketch) -> None:
        request = sketch.request
        folder = Path(request.folder)
        check_names(request, (PREFIX,))
        small = self._sketcher.settings(
            (request.content.width, request.content.height),
            [size_of(style) for style in request.styles],
            Settings.from_dict(request.settings),
            side=sketch.side,
            seconds=sketch.seconds,
            style_scales=[style.scale for style in request.styles],
        )
        self._pictures.turn_to(folder)
        inputs = self._pictures.inputs(request, small)
        shown = 0.0

        def check() -> None:
            self._check(sketch, self._sketcher.networks)

        def on_picture(picture: Picture, fraction: float) -> None:
            nonlocal shown
            check()
            now = time.monotonic()
            if fraction < 1 and now < shown + request.preview_seconds:
                return
            shown = now
            raster = self._write(picture, folder, sketch.number)
            self._send(Sketched(sketch.number, raster, fraction))

        self._sketcher.paint(inputs, small, on_picture, check)

    def _write(self, picture: Picture, folder: Path, number: int) -> Raster:
        self._files += 1
        return rasters.write_preview(picture, folder, f"{PREFIX}{number}-{self._files}.raw")
