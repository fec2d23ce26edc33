"""The part of the dialog in which a preset is chosen, with what it takes beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gi.repository import GLib, Gtk

from nst_contract.protocol.requests import BuiltinStyle
from nst_contract.settings import PRESETS, SPECS
from nst_gimp.arguments import procedure_arguments
from nst_gimp.engine.forecasts import OFFERED, Forecasts, of_preset, of_style_loss
from nst_gimp.engine.remedies import Remedy
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets
from nst_gimp.windows.own_presets_button import OwnPresetsButton

# What the presets are called, with the keys that they answer to.
LABELS = {"draft": _("_Draft"), "normal": _("_Normal"), "fine": _("_Fine")}
_TICK_MILLISECONDS = 100
# Whoever drags a slider is not interrupted by a question for each pixel.
_REST_MILLISECONDS = 200

Size = tuple[int, int]


class PresetRows:
    """A button for each preset, and its forecast.

    Attributes:
        widget: shows them.
        problem: says what is wrong with the chosen settings, with buttons for what helps.
        changes: a label that says what the chosen preset is for, and what choosing it changed.

    Args:
        config: the arguments.
        forecasts: asks the engine.
        asked: returns what to ask about: width and height of the content, the styles, and how
            many masks there are; None if there is nothing to paint any more.
        on_possible: is told whether it can be painted with the chosen settings, when that changes.
    """

    def __init__(
        self,
        config: Any,
        forecasts: Forecasts,
        asked: Callable[[], tuple[Size, list[Size | BuiltinStyle], int] | None],
        on_possible: Callable[[bool], None] = lambda _is_possible: None,
    ) -> None:
        self._config = config
        self._forecasts = forecasts
        self._asked = asked
        self._buttons: dict[str, Any] = {}
        self._labels: dict[str, Any] = {}
        self._on_possible = on_possible
        self.problem, self._problem, self._remedies = _problem()
        self.changes = widgets.label(wrap=True, dim=True)
        self.changes.set_max_width_chars(36)
        self._described = ""  # the preset that they are about
        self.widget = self._build()
        self._timer = widgets.every(_TICK_MILLISECONDS, self._tick)
        self._rest: int | None = None
        self._style_loss = config.get_property("style-loss")
        config.connect("notify::style-loss", lambda *_: self._on_style_loss())
        config.connect("notify", lambda *_: self.ask())
        self._follow()
        self.ask()

    def ask(self) -> None:
        """Asks what the presets take, as soon as the user comes to rest."""
        if self._rest is not None:
            GLib.source_remove(self._rest)
        self._rest = GLib.timeout_add(_REST_MILLISECONDS, self._ask)

    def stop(self) -> None:
        """Ends all that still goes on."""
        for timer in (self._timer, self._rest):
            if timer is not None:
                GLib.source_remove(timer)
        self._rest = None

    def _build(self) -> Any:
        grid = Gtk.Grid(column_spacing=2 * widgets.SPACE, row_spacing=widgets.SPACE // 2)
        group = None
        for row, preset in enumerate(OFFERED):
            button = Gtk.RadioButton.new_with_mnemonic_from_widget(group, LABELS[preset])
            group = group or button
            button.set_tooltip_text(_(PRESETS[preset].description))
            button.connect("toggled", self._on_toggled, preset)
            self._buttons[preset] = button
            self._labels[preset] = widgets.label(self._forecasts.texts[preset], dim=True)
            grid.attach(button, 0, row, 1, 1)
            grid.attach(self._labels[preset], 1, row, 1, 1)
        # Nobody sees it: it is pressed while a preset is chosen that has no button.
        self._other = Gtk.RadioButton.new_from_widget(group)
        grid.attach(self.changes, 0, len(OFFERED), 2, 1)
        grid.attach(OwnPresetsButton(self._config).widget, 0, len(OFFERED) + 1, 2, 1)
        return grid

    def _on_toggled(self, button: Any, preset: str) -> None:
        if button.get_active() and self._config.get_property("preset") != preset:
            style_loss = self._config.get_property("style-loss")
            before = procedure_arguments.values(self._config)
            procedure_arguments.assign(self._config, of_preset(preset, style_loss))
            self._say_changes(preset, before)

    def _say_changes(self, preset: str, before: dict[str, Any]) -> None:
        """Says what a preset is for, and which settings have another value now."""
        changes = [
            _("{setting}: {value} (it was {before})").format(
                setting=_(SPECS[name].label), value=value, before=before[name]
            )
            for name, value in procedure_arguments.values(self._config).items()
            if value != before[name] and name != "preset"
        ]
        purpose = _(PRESETS[preset].description)
        self._described = preset
        self.changes.set_text("\n".join([purpose[:1].upper() + purpose[1:] + ".", *changes]))

    def _on_style_loss(self) -> None:
        before, self._style_loss = self._style_loss, self._config.get_property("style-loss")
        values = procedure_arguments.values(self._config)
        procedure_arguments.assign(self._config, of_style_loss(values, before))

    def _follow(self) -> None:
        preset = self._config.get_property("preset")
        self._buttons.get(preset, self._other).set_active(True)
        if preset != self._described:
            self._say_changes(preset, procedure_arguments.values(self._config))

    def _ask(self) -> bool:
        self._rest = None
        self._follow()
        asked = self._asked()
        if asked is not None:
            content, styles, masks = asked
            self._forecasts.ask(content, styles, procedure_arguments.values(self._config), masks)
        return False

    def _tick(self) -> None:
        if self._forecasts.take():
            for preset, text in self._forecasts.texts.items():
                self._labels[preset].set_text(text)
                self._buttons[preset].get_accessible().set_description(text)
            self._tell_problem()

    def _tell_problem(self) -> None:
        self._problem.set_text(self._forecasts.problem)
        for button in self._remedies.get_children():
            button.destroy()
        for remedy in self._forecasts.remedies:
            button = Gtk.Button.new_with_mnemonic(remedy.label)
            button.connect("clicked", lambda _button, remedy=remedy: self._apply(remedy))
            self._remedies.pack_start(button, False, False, 0)
            button.show()
        self.problem.set_visible(bool(self._forecasts.problem))
        self._on_possible(self._forecasts.is_possible)

    def _apply(self, remedy: Remedy) -> None:
        procedure_arguments.assign(self._config, remedy.values)


def _problem() -> tuple[Any, Any, Any]:
    """Returns a box, the label in it, and the row below that for buttons."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
    label, row = widgets.label(wrap=True), Gtk.Box(spacing=widgets.SPACE)
    label.set_max_width_chars(70)
    for widget in (label, row):
        box.pack_start(widget, False, False, 0)
        widget.show()
    box.set_no_show_all(True)
    return box, label, row
