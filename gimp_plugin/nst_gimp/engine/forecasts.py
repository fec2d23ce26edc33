"""What each preset would take, as the engine answers it. Standard library only."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nst_contract.errors import NstError
from nst_contract.protocol.events import Estimate, Event
from nst_contract.protocol.requests import BuiltinStyle, Inquiry
from nst_contract.settings import OTHER_KIND_VALUES, PRESETS, Settings
from nst_gimp.engine.process import Engine
from nst_gimp.engine.remedies import Remedy, remedies
from nst_gimp.text.amounts import forecast
from nst_gimp.text.i18n import _
from nst_gimp.text.messages import in_own_words

# The presets that a dialog offers.
OFFERED = ("draft", "normal", "fine")
# The settings in which they differ.
_THEIR_OWN = sorted({name for preset in OFFERED for name in PRESETS[preset].values})

Size = tuple[int, int]


def _ignore(_event: Event) -> None:
    """Ignores an event."""


def of_preset(name: str, style_loss: str) -> dict[str, Any]:
    """Returns what choosing a preset changes, itself included, while a style loss is chosen."""
    settings = Settings.from_preset(name, style_loss=style_loss).as_dict()
    return {"preset": name, **{setting: settings[setting] for setting in _THEIR_OWN}}


def of_style_loss(settings: Mapping[str, Any], before: str) -> dict[str, Any]:
    """Returns what else changes when another style loss is chosen: what was usual with the last.

    Args:
        settings: as chosen, with the new style loss.
        before: the last one.
    """
    usual, now = (
        Settings.from_preset(settings["preset"], style_loss=loss).as_dict()
        for loss in (before, settings["style_loss"])
    )
    names = {name for values in OTHER_KIND_VALUES.values() for name in values}
    return {
        name: now[name]
        for name in sorted(names)
        if settings[name] == usual[name] and now[name] != usual[name]
    }


class Forecasts:
    """Asks the engine what each preset would take, and keeps the answers.

    Attributes:
        texts: for each preset offered, its forecast or why there is none.
        problem: what is wrong with the chosen settings; "" if nothing is.
        remedies: changes of settings that help against it.
        is_possible: whether it can be painted with the chosen settings, as far as is known.

    Args:
        engine: is asked.
        on_other: receives what the engine says about something else.
    """

    def __init__(self, engine: Engine, on_other: Callable[[Event], object] = _ignore) -> None:
        self.texts = dict.fromkeys(OFFERED, _("The engine is starting"))
        self.problem = ""
        self.remedies: list[Remedy] = []
        self.is_possible = True
        self._engine = engine
        self._on_other = on_other
        self._numbers = itertools.count()
        self._asked: dict[int, str] = {}
        self._chosen = ""
        self._settings: dict[str, Any] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether there are answers to come."""
        return bool(self._asked)

    def ask(
        self,
        content: Size,
        styles: Sequence[Size | BuiltinStyle],
        settings: dict[str, Any],
        masks: int = 0,
    ) -> None:
        """Asks again; answers to earlier questions no longer count.

        Args:
            content: width and height, in pixels.
            styles: likewise, or which built-in style it is.
            settings: as chosen.
            masks: how many there will be; what is transparent is one, too.
        """
        self._asked = {}
        self._chosen, self._settings = settings["preset"], settings
        for preset in OFFERED:
            values = (
                settings
                if preset == self._chosen
                else settings | of_preset(preset, settings["style_loss"])
            )
            number = next(self._numbers)
            self._asked[number] = preset
            try:
                self._engine.ask(Inquiry(number, content, tuple(styles), values, masks))
            except NstError as error:
                self._fail(error)

    def take(self) -> bool:
        """Takes in what the engine has answered; returns whether anything has changed."""
        before = dict(self.texts), self.problem
        try:
            while event := self._engine.next_event(0):
                if not isinstance(event, Estimate):
                    self._on_other(event)
                elif event.number in self._asked:
                    self._note(self._asked.pop(event.number), event)
        except NstError as error:
            self._fail(error)
        return before != (self.texts, self.problem)

    def _note(self, preset: str, estimate: Estimate) -> None:
        error = estimate.error
        if estimate.ready is not None:
            self.texts[preset] = forecast(estimate.ready)
        elif error is not None:
            self.texts[preset] = _("not possible")
        if preset == self._chosen:
            self.problem, self.remedies, self.is_possible = "", [], True
            if error is not None:
                refusal = NstError(error.code, error.message, error.advice)
                self.problem = _in_a_line(refusal)
                self.remedies, self.is_possible = remedies(refusal, self._settings), False

    def _fail(self, error: NstError) -> None:
        self.texts = dict.fromkeys(OFFERED, "")
        # Whoever paints nevertheless learns more, and gets another engine.
        self.problem, self.remedies, self.is_possible = _in_a_line(error), [], True


def _in_a_line(error: NstError) -> str:
    told = in_own_words(error)
    return f"{told.message} {told.advice}"
