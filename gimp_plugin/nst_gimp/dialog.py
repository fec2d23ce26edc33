"""The window in which the user chooses the style and how to paint."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gtk  # noqa: E402 (the versions must be named first)

from nst_gimp import last_values, windows  # noqa: E402
from nst_gimp.arguments import SETTINGS  # noqa: E402

_NO_STYLE = "No style is chosen. Choose a layer or a picture file to take the style from."


def ask(procedure: Any, config: Any, image: Any, content: Any) -> bool:
    """Shows the dialog until it is cancelled or a style is chosen; the answers are in ``config``.

    Returns:
        Whether the user pressed OK.
    """
    windows.start()
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Neural Style Transfer")
    dialog.set_ok_label("_Paint")
    _fill(dialog, config, content)
    # After the widgets are made: the layer chooser shows only what changes before its eyes.
    _suggest_style(config, image, content)
    try:
        while dialog.run():
            if config.get_property("style-layer") or config.get_property("style-file"):
                return True
            _complain(dialog)
        return False
    finally:
        dialog.destroy()


def _fill(dialog: Any, config: Any, content: Any) -> None:
    intro = f'Paint "{content.get_name()}" in the style of a layer or of a picture file.'
    dialog.get_label("intro", intro, False, False).set_xalign(0)
    # GIMP's chooser shows a small picture of the layer, but not its name.
    chosen = dialog.get_label("chosen", "", False, False)
    config.connect("notify::style-layer", lambda *_: chosen.set_text(_describe(config)))
    config.connect("notify::style-file", lambda *_: chosen.set_text(_describe(config)))
    chosen.set_text(_describe(config))
    chosen.set_xalign(0)
    # One list, so that the labels stand in one column.
    settings = [name.replace("_", "-") for name in SETTINGS]
    dialog.fill(["intro", "style-layer", "style-file", "chosen", *settings])


def _describe(config: Any) -> str:
    layer, file = config.get_property("style-layer"), config.get_property("style-file")
    if layer is not None:
        return f'The style is "{layer.get_name()}" of {layer.get_image().get_name()}.'
    if file is not None:
        return f"The style is the file {file.get_basename()}."
    return "No style is chosen yet."


def _suggest_style(config: Any, image: Any, content: Any) -> None:
    """Offers the style of the last run, or else the other one of two layers."""
    if config.get_property("style-layer"):
        return
    others = [layer for layer in image.get_layers() if layer.get_id() != content.get_id()]
    last = last_values.style_layer()
    if last is not None and last.get_id() != content.get_id():
        config.set_property("style-layer", last)
    elif len(others) == 1 and not config.get_property("style-file"):
        config.set_property("style-layer", others[0])


def _complain(parent: Any) -> None:
    message = Gtk.MessageDialog(
        transient_for=parent,
        modal=True,
        message_type=Gtk.MessageType.INFO,
        buttons=Gtk.ButtonsType.OK,
        text=_NO_STYLE,
    )
    message.set_title("Neural Style Transfer")
    message.run()
    message.destroy()
