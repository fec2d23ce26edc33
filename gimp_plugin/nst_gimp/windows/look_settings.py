"""The part of the dialog that says how a painting is to look: strength, stroke size, colours."""

from __future__ import annotations

from typing import Any

from gi.repository import Gtk

from nst_contract.settings import NEIGHBORS, SPECS
from nst_gimp.arguments import procedure_arguments
from nst_gimp.text.i18n import _
from nst_gimp.windows import setting_widgets, widgets
from nst_gimp.windows.setting_groups import LOOK
from nst_gimp.windows.setting_widgets import Scale

_ENDS = _("photograph"), _("painting")
_SLIDERS = {
    "strength": (_("Style stren_gth"), Scale(0, 0, 1, *_ENDS)),
    "style_weight": (_("Style wei_ght"), Scale(10, 1, 5, *_ENDS, is_share=False)),
    "style_scale": (_("Stro_ke size"), Scale(2, -2, 2, _("finer"), _("larger"))),
}
_CHOICES = {"color": _("Colo_urs")}
# Of the two that say how strong the style is, each has an effect with one kind of style loss only.
_FOR_NEIGHBORS = {"strength": True, "style_weight": False}


def build(config: Any) -> Any:
    """Returns the widgets for strength, stroke size and colours."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
    labels = Gtk.SizeGroup(mode=Gtk.SizeGroupMode.HORIZONTAL)

    def add(name: str, text: str, field: Any, around: Any | None = None) -> Any:
        row, label = setting_widgets.labelled(text, field, _(SPECS[name].help), around)
        labels.add_widget(label)
        box.pack_start(row, False, False, 0)
        return row

    for name in LOOK:
        argument = procedure_arguments.name_of(name)
        if name in _CHOICES:
            add(name, _CHOICES[name], setting_widgets.choice(config, argument))
            continue
        text, scale = _SLIDERS[name]
        row = add(name, text, *setting_widgets.slider(config, argument, scale))
        row.set_tooltip_text(
            _("{help} A double click takes the usual value.").format(help=_(SPECS[name].help))
        )
        if name in _FOR_NEIGHBORS:
            _follow_style_loss(config, row, _FOR_NEIGHBORS[name])
    return box


def _follow_style_loss(config: Any, row: Any, is_for_neighbors: bool) -> None:
    """Shows a row only where it has an effect."""

    def follow(*_arguments: Any) -> None:
        is_matched = config.get_property("style-loss") == NEIGHBORS
        row.set_visible(is_matched == is_for_neighbors)

    row.show_all()
    row.set_no_show_all(True)
    follow()
    config.connect("notify::style-loss", follow)
