"""The window in which the user chooses the style and how to paint."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GimpUi, Gtk  # noqa: E402 (the versions must be named first)

_NO_STYLE = "No style is chosen. Choose a layer or a picture file to take the style from."


def ask(procedure: Any, config: Any, image: Any, content: Any) -> bool:
    """Shows the dialog until it is cancelled or a style is chosen; the answers are in ``config``.

    Returns:
        Whether the user pressed OK.
    """
    GimpUi.init(procedure.get_name())
    _suggest_style(config, image, content)
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Neural Style Transfer")
    dialog.set_ok_label("_Paint")
    _fill(dialog)
    try:
        while dialog.run():
            if config.get_property("style-layer") or config.get_property("style-file"):
                return True
            _complain(dialog)
        return False
    finally:
        dialog.destroy()


def _fill(dialog: Any) -> None:
    for name, label, members in (
        ("style-box", "Style", ["style-layer", "style-file", "style-scale"]),
        ("painting-box", "Painting", ["size", "evaluations", "style-weight", "content-weight"]),
        ("repeat-box", "Advanced", ["seed"]),
    ):
        dialog.get_label(f"{name}-label", label, False, False)
        dialog.fill_box(name, members)
        dialog.fill_frame(f"{name}-frame", f"{name}-label", False, name)
    dialog.fill(["style-box-frame", "painting-box-frame", "repeat-box-frame"])


def _suggest_style(config: Any, image: Any, content: Any) -> None:
    """With two layers in the image there is hardly a doubt which one is the style."""
    if config.get_property("style-layer") or config.get_property("style-file"):
        return
    others = [layer for layer in image.get_layers() if layer.get_id() != content.get_id()]
    if len(others) == 1:
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
