"""Widgets for settings: each shows the value of an argument, and sets it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gi.repository import Gdk, Gimp, GObject, Gtk, Pango

from nst_contract.setting_spec import Spec
from nst_gimp.arguments import procedure_arguments
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets

_BOTH_WAYS = GObject.BindingFlags.BIDIRECTIONAL | GObject.BindingFlags.SYNC_CREATE
# Of numbers that are not whole.
_DIGITS = 2
_SHORT, _LONG = 8, 14
# Of the value beside a slider, and the least of a list's words, in characters.
_VALUE, _WORDS = 6, 14


@dataclass(frozen=True)
class Scale:
    """What the positions of a slider mean.

    Attributes:
        base: equal ways are equal powers of it; 0: equal amounts.
        low, high: lowest and highest exponent, or amount.
        less, more: words for both ends.
        is_share: whether people read its values as percentages.
    """

    base: int = 0
    low: float = 0.0
    high: float = 1.0
    less: str = ""
    more: str = ""
    is_share: bool = True

    def position_of(self, value: float) -> float:
        """Returns where a value is, within the slider or beyond."""
        if not self.base:
            return value
        return math.log(value, self.base) if value > 0 else self.low

    def value_at(self, position: float) -> float:
        """Returns the value of a position, pulled into the slider."""
        within = min(max(position, self.low), self.high)
        return round(self.base**within if self.base else within, 3)

    def words(self, position: float) -> str:
        """Returns what stands beside the slider."""
        value = self.base**position if self.base else position
        return f"{100 * value:.0f} %" if self.is_share else f"{value:.0f}"


def labelled(text: str, field: Any, explanation: str, around: Any | None = None) -> tuple[Any, Any]:
    """Returns a row of a label and a field, and that label.

    Args:
        text: of the label, whose key leads to the field.
        field: the widget.
        explanation: a tooltip.
        around: what the field is in, if anything.
    """
    label = Gtk.Label.new_with_mnemonic(text)
    label.set_xalign(0)
    target = field.get_child() if isinstance(field, Gtk.ComboBox) else None
    label.set_mnemonic_widget(target if isinstance(target, Gtk.Entry) else field)
    row = Gtk.Box(spacing=widgets.SPACE)
    row.set_tooltip_text(explanation)
    row.pack_start(label, False, False, 0)
    row.pack_start(around or field, True, True, 0)
    return row, label


def slider(config: Any, argument: str, scale: Scale) -> tuple[Any, Any]:
    """Returns a slider, and that with its value beside it and words under its ends.

    A double click takes the usual value.
    """
    step = 0.1 if scale.base else 0.05
    widget = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, scale.low, scale.high, step)
    # GTK's own words at marks are not where they belong where one reads from the right.
    widget.set_draw_value(False)
    widget.set_hexpand(True)
    value = widgets.label()
    value.set_width_chars(_VALUE)
    usual = config.find_property(argument).default_value
    widget.add_mark(scale.position_of(usual), Gtk.PositionType.BOTTOM, None)

    def follow(*_arguments: Any) -> None:
        # A value beyond the slider must not be pulled into its range.
        with widget.handler_block(taking):
            widget.set_value(scale.position_of(config.get_property(argument)))
        value.set_text(scale.words(widget.get_value()))
        widget.get_accessible().set_description(value.get_text())

    def take(widget: Any) -> None:
        config.set_property(argument, scale.value_at(widget.get_value()))

    def reset(_widget: Any, event: Any) -> bool:
        if event.type != Gdk.EventType.DOUBLE_BUTTON_PRESS:
            return False
        config.set_property(argument, usual)
        return True

    # Not "change-value", which screen readers do not cause.
    taking = widget.connect("value-changed", take)
    follow()
    widget.connect("button-press-event", reset)
    config.connect(f"notify::{argument}", follow)
    grid = Gtk.Grid(column_spacing=widgets.SPACE // 2)
    grid.attach(widget, 0, 0, 1, 1)
    grid.attach(value, 1, 0, 1, 1)
    if scale.less:
        grid.attach(_ends(scale), 0, 1, 1, 1)
    return widget, grid


def _ends(scale: Scale) -> Any:
    row = Gtk.Box()
    for text, pack in ((scale.less, row.pack_start), (scale.more, row.pack_end)):
        label = widgets.label(dim=True)
        label.set_markup(f"<small>{widgets.escape(text)}</small>")
        pack(label, False, False, 0)
    return row


def number(config: Any, argument: str, step: float) -> Any:
    """Returns a field for a number."""
    kind = config.find_property(argument)
    is_whole = isinstance(kind.default_value, int)
    adjustment = Gtk.Adjustment(
        lower=kind.minimum, upper=kind.maximum, step_increment=step, page_increment=10 * step
    )
    field = Gtk.SpinButton(adjustment=adjustment, digits=0 if is_whole else _DIGITS)
    field.set_width_chars(_SHORT)
    config.bind_property(argument, adjustment, "value", _BOTH_WAYS)
    return field


def choice(config: Any, argument: str) -> Any:
    """Returns a list of the values an argument may have, in words."""
    words = Gimp.param_spec_choice_get_choice(config.find_property(argument))
    field = Gtk.ComboBoxText()
    for value in words.list_nicks():
        field.append(value, words.get_label(value))
    (cell,) = field.get_cells()
    cell.set_properties(ellipsize=Pango.EllipsizeMode.END, width_chars=_WORDS)
    config.bind_property(argument, field, "active-id", _BOTH_WAYS)
    return field


def switch(config: Any, argument: str) -> Any:
    """Returns a check box with the argument's name."""
    kind = config.find_property(argument)
    field = Gtk.CheckButton.new_with_mnemonic(kind.get_nick())
    field.set_tooltip_text(kind.get_blurb())
    config.bind_property(argument, field, "active", _BOTH_WAYS)
    return field


def text(config: Any, argument: str, suggestions: tuple[str, ...] = ()) -> Any:
    """Returns a field for a text, with some that are usual to choose from."""
    field = Gtk.ComboBoxText.new_with_entry() if suggestions else Gtk.Entry()
    for suggestion in suggestions:
        field.append_text(suggestion)
    entry = field.get_child() if suggestions else field
    entry.set_width_chars(_LONG)
    config.bind_property(argument, entry, "text", _BOTH_WAYS)
    return field


def text_or_file(
    config: Any, name: str, spec: Spec, choose: Callable[[str], str | None]
) -> tuple[Any, Any]:
    """Returns a row and its label, for a text that may name a file.

    Args:
        config: the arguments.
        name, spec: of the setting.
        choose: asks for a file under a title; returns its path.
    """
    argument = procedure_arguments.name_of(name)
    row, label = labelled(_(spec.label), text(config, argument, spec.suggestions), _(spec.help))
    about = _("Choose a file for {setting}").format(setting=_(spec.label))
    button = widgets.icon_button("document-open", about)

    def on_click(_button: Any) -> None:
        path = choose(about)
        if path is not None:
            config.set_property(argument, f"{spec.file_prefix}{path}")

    button.connect("clicked", on_click)
    row.pack_start(button, False, False, 0)
    return row, label
