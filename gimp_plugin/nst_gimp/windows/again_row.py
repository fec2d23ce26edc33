"""The part of the dialog that paints a painted layer once more, with one click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gi.repository import Gtk

from nst_contract.errors import NstError
from nst_gimp.arguments import layer_records
from nst_gimp.engine.again import GO_ON, IN_NORMAL, VARIANT
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets

_LABELS = (
    (IN_NORMAL, _("Again in Normal"), _("The same once more, with the values of Normal")),
    (VARIANT, _("Another Variant"), _("The same once more, with other random numbers")),
    (GO_ON, _("Go On"), _("Paints on from this picture, so that it comes closer to its style")),
)


def build(procedure: Any, selected: Any, paint: Callable[[Any, Any], None]) -> Any | None:
    """Returns a row of buttons, or None if the selected layer was not painted here.

    Args:
        procedure: of which a button makes arguments: those of the dialog stay as they are.
        selected: the selected layer.
        paint: begins to paint the layer and with the arguments that it is given.
    """
    record = layer_records.read(selected) if _has_original(selected) else None
    if record is None:
        return None
    row = Gtk.Box(spacing=widgets.SPACE)
    text = _('The selected layer was painted in the style of "{style}":').format(style=record.style)
    row.pack_start(widgets.label(text), False, False, 0)

    def press(kind: str) -> None:
        config = procedure.create_config()
        try:
            content = record.original(selected)
            record.paint_again(kind, config, selected, content)
        except NstError as error:
            widgets.tell(row.get_toplevel(), error.message, error.advice)
        else:
            paint(content, config)

    for kind, label, tooltip in _LABELS:
        button = Gtk.Button(label=label)
        button.set_tooltip_text(tooltip)
        button.connect("clicked", lambda _button, kind=kind: press(kind))
        row.pack_start(button, False, False, 0)
    return row


def _has_original(layer: Any) -> bool:
    """Tells whether a layer was painted from another one that is still there."""
    try:
        return bool(layer.is_valid() and layer_records.content_of(layer) is not layer)
    except NstError:
        return False
