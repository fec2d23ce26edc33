"""The question of what becomes of the work when somebody stops a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gi.repository import Gtk

from nst_gimp.text.amounts import duration
from nst_gimp.text.i18n import _

_KEEP, _DISCARD, _GO_ON = 1, 2, 3


def ask(
    parent: Any,
    seconds: float,
    keep: Callable[[], None],
    discard: Callable[[], None],
    closed: Callable[[], None],
) -> Any:
    """Asks while painting goes on, so that nobody loses time by thinking.

    Args:
        parent: the window of the run.
        seconds: how much work there is to lose.
        keep, discard: what to do with it; neither is called if painting is to go on.
        closed: is called when the question is answered.

    Returns:
        The window; whoever no longer needs an answer destroys it.
    """
    window = Gtk.MessageDialog(
        transient_for=parent,
        modal=True,
        message_type=Gtk.MessageType.QUESTION,
        text=_("Stop painting?"),
        secondary_text=_(
            "The picture so far took {time}. Painting goes on until you decide."
        ).format(time=duration(seconds)),
    )
    window.set_title(_("Neural Style"))
    window.add_button(_("_Discard"), _DISCARD).get_style_context().add_class("destructive-action")
    window.add_button(_("_Keep This Picture"), _KEEP)
    # Of the three, the one that loses nothing answers to the space bar and to Enter.
    go_on = window.add_button(_("_Go On"), _GO_ON)
    window.set_default_response(_GO_ON)

    def answered(_window: Any, response: int) -> None:
        window.destroy()
        closed()
        if response == _KEEP:
            keep()
        elif response == _DISCARD:
            discard()

    window.connect("response", answered)
    window.show()
    go_on.grab_focus()
    return window
