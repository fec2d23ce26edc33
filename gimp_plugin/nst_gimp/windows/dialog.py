"""The window in which the user chooses the style and how to paint."""

from __future__ import annotations

import math
from typing import Any

from gi.repository import GimpUi, GObject, Gtk

from nst_contract.protocol.requests import BuiltinStyle
from nst_contract.settings import NEIGHBORS, SPECS
from nst_gimp.arguments import last_values, layer_records, procedure_arguments
from nst_gimp.engine import install_info, job_folder
from nst_gimp.engine.forecasts import Forecasts
from nst_gimp.engine.process import Engine
from nst_gimp.engine.sketches import Sketches
from nst_gimp.image import layers, strength_mask, style_choices, style_pixels
from nst_gimp.text.i18n import _
from nst_gimp.windows import advanced_settings, help_page, widgets
from nst_gimp.windows.preset_rows import PresetRows, Size
from nst_gimp.windows.sketch import SketchPane
from nst_gimp.windows.style_gallery import Gallery

# Sliders: setting, label, base of the scale, lowest and highest exponent, words at the ends. Where
# the base is 0, equal ways are equal amounts, from the lowest value to the highest.
_SLIDERS = (
    ("strength", _("Style stren_gth"), 0, 0, 1, _("photograph"), _("painting")),
    ("style_weight", _("Style stren_gth"), 10, 1, 5, _("photograph"), _("painting")),
    ("style_scale", _("Stro_ke size"), 2, -2, 2, _("finer"), _("larger")),
)
# Of the two that say how strong the style is, each has an effect with one kind of style loss only.
_FOR_NEIGHBORS = {"strength": True, "style_weight": False}
# The settings that are not hidden under Advanced.
_PLAIN = ("preset", "strength", "style_scale", "color")


def ask(procedure: Any, config: Any, content: Any, engine: Engine) -> bool:
    """Shows the dialog until it is cancelled or a style is chosen; the answers are in ``config``.

    Args:
        procedure, config: the procedure and its arguments.
        content: the layer to be painted.
        engine: is asked what a run would take.

    Returns:
        Whether the user pressed OK.
    """
    widgets.start()
    _suggest_style(config, content)
    with job_folder.folder(install_info.cache_folder() / "jobs") as folder:
        window = _Window(procedure, config, content, engine, Sketches(engine, folder))
        try:
            return window.run()
        finally:
            window.close()


class _Window:
    def __init__(
        self, procedure: Any, config: Any, content: Any, engine: Engine, sketches: Sketches
    ) -> None:
        self._config = config
        self._dialog = GimpUi.ProcedureDialog.new(procedure, config, _("Neural Style"))
        self._dialog.set_ok_label(_("_Paint"))
        help_page.replace_help(self._dialog)
        area = layers.area_to_paint(content)
        size = area.width, area.height
        file_chooser = self._dialog.get_widget("style-file", GObject.TYPE_NONE)
        self._gallery = Gallery(config, content, file_chooser)
        self._sketch = SketchPane(
            config, content, area, sketches, self._gallery.choices, self._gallery.set_picture
        )
        forecasts = Forecasts(engine, self._sketch.note)
        self._presets = PresetRows(config, forecasts, lambda: self._asked(content, size))
        title = _('Paint "{layer}" in the style of').format(layer=content.get_name())
        self._fill(title, content)

    def run(self) -> bool:
        """Returns whether OK was pressed, with all chosen that is needed."""
        while self._dialog.run():
            if not style_choices.chosen(self._config):
                missing = _("No style is chosen."), _("Choose a style to paint in.")
            elif style_pixels.lacks_start(self._config):
                missing = (
                    _("No picture to start from is chosen."),
                    _("Choose a layer or a file under Advanced, or another start."),
                )
            elif (problem := strength_mask.problem_with(self._config)) is not None:
                missing = problem.message, problem.advice
            else:
                return True
            widgets.tell(self._dialog, *missing)
        return False

    def close(self) -> None:
        self._presets.stop()
        self._sketch.stop()
        self._dialog.destroy()

    def _asked(self, content: Any, size: Size) -> tuple[Size, list[Size | BuiltinStyle], int]:
        """Returns what the forecasts are about: the content, the styles and how many masks."""
        style = self._gallery.chosen()
        first = (style and (style.size or style.choice.builtin)) or size
        others = [layer for layer, _weight in style_pixels.more(self._config)]
        sizes = [first, *((layer.get_width(), layer.get_height()) for layer in others)]
        return size, sizes, style_pixels.count_masks(self._config, content)

    def _fill(self, title: str, painted: Any) -> None:
        content = self._dialog.get_content_area()
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE)
        for widget in (
            widgets.label(title),
            self._gallery.widget,
            _side_by_side(self._presets.widget, _looks(self._config)),
            self._presets.problem,
            _repeater(self._config, painted),
        ):
            box.pack_start(widget, False, False, 0)
        beside = Gtk.Box(spacing=2 * widgets.SPACE)
        beside.pack_start(self._sketch.widget, True, True, 0)
        beside.pack_start(box, False, False, 0)
        beside.show_all()
        content.pack_start(beside, True, True, 0)
        for layer, weight in style_pixels.MORE:
            pair = self._dialog.fill_box(f"{layer}-box", [layer, weight])
            pair.set_orientation(Gtk.Orientation.HORIZONTAL)
            pair.set_spacing(2 * widgets.SPACE)
        self._dialog.fill_box("more-box", [f"{layer}-box" for layer, _weight in style_pixels.MORE])
        self._dialog.get_label("more-title", _("_More styles"), False, True)
        self._dialog.fill_expander("more", "more-title", False, "more-box")
        self._dialog.fill(["more"])
        expander = advanced_settings.build(self._dialog, self._config, elsewhere=_PLAIN)
        content.pack_start(expander, False, False, 0)
        self._gallery.refresh()


def _side_by_side(left: Any, right: Any) -> Any:
    """Returns both in a row: a screen has less height to spare than width."""
    row = Gtk.Box(spacing=3 * widgets.SPACE)
    row.pack_start(left, False, False, 0)
    row.pack_start(right, True, True, 0)
    return row


def _looks(config: Any) -> Any:
    """Returns the widgets for strength, stroke size and colours."""
    grid = Gtk.Grid(column_spacing=widgets.SPACE, row_spacing=widgets.SPACE // 2)
    for row, (name, label, base, low, high, less, more) in enumerate(_SLIDERS):
        slider = _slider(config, name, base, low, high, less, more)
        pair = _attach(grid, row, label, slider, name)
        if name in _FOR_NEIGHBORS:
            _follow_style_loss(config, pair, _FOR_NEIGHBORS[name])
    colours = GimpUi.prop_choice_combo_box_new(config, "color")
    _attach(grid, len(_SLIDERS), _("Colo_urs"), colours, "color")
    return grid


def _repeater(config: Any, content: Any) -> Any:
    """Returns a button that takes the settings of a layer painted before, if there is one."""
    menu = Gtk.Menu()
    for name, record in layer_records.all_of(content.get_image()):
        item = Gtk.MenuItem.new_with_label(name)
        item.connect("activate", lambda _item, record=record: record.repeat(config, content))
        menu.append(item)
    menu.show_all()
    button = Gtk.MenuButton(popup=menu, halign=Gtk.Align.START, no_show_all=True)
    button.add(Gtk.Label.new_with_mnemonic(_("Repeat _with the settings of")))
    button.get_child().show()
    button.set_tooltip_text(_("Takes the settings, seed and style of a layer painted earlier"))
    button.set_visible(bool(menu.get_children()))
    return button


def _follow_style_loss(config: Any, pair: tuple[Any, Any], is_for_neighbors: bool) -> None:
    """Shows a label and its widget only where they have an effect."""

    def follow(*_arguments: Any) -> None:
        is_matched = config.get_property("style-loss") == NEIGHBORS
        for widget in pair:
            widget.set_visible(is_matched == is_for_neighbors)

    for widget in pair:
        widget.set_no_show_all(True)
    follow()
    config.connect("notify::style-loss", follow)


def _attach(grid: Any, row: int, text: str, widget: Any, name: str) -> tuple[Any, Any]:
    """Adds a row, and returns the label and the widget in it."""
    label = Gtk.Label.new_with_mnemonic(text)
    label.set_xalign(0)
    label.set_mnemonic_widget(widget)
    widget.set_hexpand(True)
    for part in (label, widget):
        part.set_tooltip_text(_(SPECS[name].help))
    grid.attach(label, 0, row, 1, 1)
    grid.attach(widget, 1, row, 1, 1)
    return label, widget


def _slider(config: Any, name: str, base: int, low: int, high: int, less: str, more: str) -> Any:
    """Returns a slider on which equal ways are equal factors, or equal amounts."""
    argument = procedure_arguments.name_of(name)
    step = 0.1 if base else 0.05
    slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, low, high, step)
    slider.set_draw_value(False)

    def position_of(value: float) -> float:
        if not base:
            return value
        return math.log(value, base) if value > 0 else low

    default = position_of(config.find_property(argument).default_value)
    for at, text in ((low, less), (default, None), (high, more)):
        slider.add_mark(at, Gtk.PositionType.BOTTOM, text and f"<small>{text}</small>")

    def follow(*_arguments: Any) -> None:
        slider.set_value(position_of(config.get_property(argument)))

    def take(_slider: Any, _kind: Any, position: float) -> None:
        # Only what a person does: a value beyond the slider must not be pulled into its range.
        within = min(max(position, low), high)
        config.set_property(argument, round(base**within if base else within, 3))

    follow()
    slider.connect("change-value", take)
    config.connect(f"notify::{argument}", follow)
    return slider


def _suggest_style(config: Any, content: Any) -> None:
    """Offers the styles of the last run, or else the other one of two layers."""
    if config.get_property("style-layer"):
        return
    last_values.restore_styles(config)
    last = config.get_property("style-layer")
    if last is not None and last.get_id() == content.get_id():
        config.set_property("style-layer", None)
    own = content.get_image().get_layers()
    others = [layer for layer in own if layer.get_id() != content.get_id()]
    if not style_choices.chosen(config) and len(others) == 1:
        config.set_property("style-layer", others[0])
