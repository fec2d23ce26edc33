"""Sketches as the engine answers them: the last one that was asked for counts. Standard library
only.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from nst_contract.errors import NstError
from nst_contract.protocol.events import Event, Sketched
from nst_contract.protocol.requests import Command, Request, Sketch
from nst_contract.settings import PRESETS
from nst_gimp.engine.process import Engine
from nst_gimp.engine.small_picture import SmallPicture, taken

# Least time between two pictures: nobody sees more, and each costs a little.
_BETWEEN = 0.1


class Sketches:
    """Asks the engine for sketches, and takes in what comes of the last one.

    Args:
        engine: paints them.
        folder: private; holds their pixels.

    Attributes:
        folder: as given.
        picture: the latest one of the sketch that was asked for last; None until there is one.
        fraction: how much of that sketch is done, 0..1.
        error: why there is none, or no better one.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.folder = folder
        self.picture: SmallPicture | None = None
        self.fraction = 0.0
        self.error: NstError | None = None
        self._engine = engine
        self._numbers = itertools.count()
        self._number: int | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether there is more to come of the last sketch."""
        return self._number is not None

    def ask(self, request: Request, side: int, seconds: float) -> None:
        """Asks for a sketch; the one before it is broken off.

        Args:
            request: of which sketch, with its pictures in the folder, small.
            side, seconds: as for :class:`nst_contract.protocol.requests.Sketch`.
        """
        self._number = next(self._numbers)
        self.picture, self.fraction, self.error = None, 0.0, None
        asked = Sketch(self._number, request, side, seconds)
        try:
            self._engine.sketch(asked)
        except NstError as error:
            self._end(error)

    def drop(self) -> None:
        """Breaks off what is being painted; the picture so far stays."""
        if self._number is not None:
            self._number = None
            self._engine.say(Command.DROP)

    def note(self, event: Event) -> bool:
        """Takes in an event; returns whether it changed anything here."""
        if not isinstance(event, Sketched):
            return False
        picture = taken(self.folder, event.raster) if event.raster else None
        if event.number != self._number:
            return False  # of one before
        self.fraction = event.fraction
        if picture is not None:
            self.picture = picture
        if event.error is not None:
            self._end(NstError(event.error.code, event.error.message, event.error.advice))
        elif event.fraction >= 1:
            self._number = None
        return True

    def _end(self, error: NstError) -> None:
        self._number, self.error = None, error


def settings_of_run(settings: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    """Returns settings that name the size of a run, which a small picture does not tell.

    Args:
        settings: of the run.
        width, height: of what is painted in it, in pixels.
    """
    usual = min(max(width, height), PRESETS[settings["preset"]].max_size)
    return {**settings, "size": settings["size"] or usual}


def with_settings(request: Request, settings: dict[str, Any]) -> Request:
    """Returns a request with other settings, as sketches need it."""
    return replace(request, settings=settings, preview_seconds=_BETWEEN)
