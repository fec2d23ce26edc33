"""A run in progress, as the engine reports it. Standard library only."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from nst_contract.protocol.events import Caution, Done, Preview, Progress, Ready
from nst_contract.protocol.requests import Command, Raster, Request
from nst_gimp.engine.process import Engine
from nst_gimp.engine.small_picture import SmallPicture, drop, taken
from nst_gimp.text.amounts import duration
from nst_gimp.text.i18n import _

_log = logging.getLogger(__name__)

# Whoever stops a run loses no more than this without being asked.
_LITTLE_SECONDS = 10.0


class EngineRun:
    """A request given to an engine.

    Attributes:
        request: what is painted.
        plan: what the run will take, once that is known.
        progress: the last evaluation, once there is one.
        preview: the picture so far, once there is one that :meth:`take_preview` has not taken yet.
        cautions: what the user should know.
        done: the end, once it has come.
        is_finishing: whether it was asked to end with the best picture so far.
    """

    def __init__(self, engine: Engine, request: Request) -> None:
        self.request = request
        self.plan: Ready | None = None
        self.progress: Progress | None = None
        self.preview: Raster | None = None
        self.cautions: list[Caution] = []
        self.done: Done | None = None
        self._began: float | None = None
        self._asked = time.monotonic()
        self._engine = engine
        self.is_finishing = False
        engine.paint(request)

    @property
    def fraction(self) -> float:
        """How much of the work is done, 0..1."""
        return self.progress.fraction if self.progress else 0.0

    @property
    def seconds(self) -> float:
        """How long ago it was asked for."""
        return time.monotonic() - self._asked

    @property
    def worked(self) -> float:
        """How many seconds of work are in the picture so far."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def has_much_to_lose(self) -> bool:
        """Whether stopping now would throw away more than anybody does without a thought."""
        return self.worked > _LITTLE_SECONDS

    def take_preview(self) -> SmallPicture | None:
        """Returns the preview, if there is one that can be had; its file is then gone."""
        raster, self.preview = self.preview, None
        return taken(Path(self.request.folder), raster) if raster else None

    def follow(self, seconds: float) -> None:
        """Takes in the engine's events; waits at most this long for the first one.

        Raises:
            NstError: what the engine could not do, or that it is gone.
        """
        event = self._engine.next_event(seconds)
        while event is not None:
            self._take(event)
            event = None if self.done else self._engine.next_event(0)

    def finish(self) -> None:
        """Asks for the best picture so far."""
        self.is_finishing = True
        self._engine.say(Command.FINISH)

    def cancel(self) -> None:
        """Ends the run; nothing is left of it."""
        self._engine.say(Command.CANCEL)

    def title(self) -> str:
        """Returns what is being painted, in a sentence."""
        return _('Painting "{content}" in the style of "{style}"').format(
            content=self.request.content.name,
            style=", ".join(style.picture.name for style in self.request.styles),
        )

    def position(self) -> str:
        """Returns how far the run is: scale and evaluation."""
        if self.is_finishing:
            return _("Finishing with the best picture so far")
        if self.plan is None:
            return _("The engine is starting")
        if self.progress is None:
            return _("Looking at the pictures")
        scales, index = self.plan.plan, self.progress.scale_index
        text = _("{width} x {height} px, evaluation {evaluation} of {evaluations}")
        if len(scales) > 1:
            text = _(
                "Scale {number} of {scales}: {width} x {height} px, "
                "evaluation {evaluation} of {evaluations}"
            )
        if self.progress.blocks:
            text += _(", block {block} of {blocks}")
        return text.format(
            block=self.progress.block,
            blocks=self.progress.blocks,
            number=index + 1,
            scales=len(scales),
            width=scales[index]["width"],
            height=scales[index]["height"],
            evaluation=self.progress.evaluation,
            evaluations=self.progress.of,
        )

    def time_left(self) -> str:
        """Returns how long it will take from here; nothing while that is not known."""
        if self.is_finishing:
            return ""  # what was left is no longer done
        if self.progress is not None:
            return _("about {time} left").format(time=duration(self.progress.seconds_left))
        return _("about {time}").format(time=duration(self.plan.seconds)) if self.plan else ""

    def _take(self, event: object) -> None:
        if isinstance(event, Ready):
            _log.info("planned: %s", event)
            self.plan = event
        elif isinstance(event, Progress):
            self.progress = event
            self._began = self._began or time.monotonic()
        elif isinstance(event, Preview):
            self._take_preview(event)
        elif isinstance(event, Caution):
            _log.warning("%s %s", event.message, event.advice)
            self.cautions.append(event)
        elif isinstance(event, Done):
            _log.info("done: %s", event)
            self.done = event

    def _take_preview(self, event: Preview) -> None:
        if self.preview is not None:  # nobody looked at it in time
            drop(Path(self.request.folder), self.preview)
        self.preview = event.raster
