"""The window that shows a picture while it is being painted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gi.repository import Gdk, GLib, Gtk

from nst_contract.errors import Cancelled
from nst_gimp.engine import job_folder
from nst_gimp.engine.run import EngineRun
from nst_gimp.image.pixels import Area
from nst_gimp.text.i18n import _
from nst_gimp.windows import preview, stop_question, widgets
from nst_gimp.windows.picture_view import PictureView

_TICK_MILLISECONDS = 100
_FINISH = 1
# How far, in pixels, a window lies from that of another run in progress.
_STEP = 48
# Besides Alt with a letter, these are all the keys that do something: they move the focus.
_KEYS = (
    Gdk.KEY_Tab, Gdk.KEY_ISO_Left_Tab, Gdk.KEY_Left, Gdk.KEY_Right, Gdk.KEY_Up, Gdk.KEY_Down,
)  # fmt: skip
# And these press the button that has the focus.
_PRESSES = (Gdk.KEY_space, Gdk.KEY_Return, Gdk.KEY_KP_Enter)


def follow(run: EngineRun, content: Any, area: Area, check: Callable[[], None]) -> bool:
    """Shows a run until its end.

    Args:
        run: what is shown.
        content, area: the layer, and which part of it is painted, shown until there is a preview.
        check: is called several times a second; what it raises ends the run.

    Returns:
        Whether the user saw the end: the window was in front.

    Raises:
        Cancelled: if the user no longer wants the result.
    """
    widgets.start()
    window = _Window(run, preview.of(content, area), check)
    try:
        window.run()
        return window.is_in_front()
    finally:
        window.destroy()


class _Window:
    def __init__(self, run: EngineRun, picture: Any, check: Callable[[], None]) -> None:
        self._run = run
        self._check = check
        self._failure: BaseException | None = None
        self._question: Any = None
        self._loop = GLib.MainLoop()
        self._build(picture)

    def run(self) -> None:
        """Shows the window until the run ends; raises what ended it too early."""
        timer = GLib.timeout_add(_TICK_MILLISECONDS, self._tick)
        self._window.show_all()
        # Neither Cancel nor Finish Now: the space bar scrolls GIMP's canvas, and is pressed here.
        self._view.grab_focus()
        self._loop.run()
        GLib.source_remove(timer)
        if self._failure is not None:
            raise self._failure

    def is_in_front(self) -> bool:
        return bool(self._window.is_active())

    def destroy(self) -> None:
        if self._question is not None:
            self._question.destroy()
        self._window.destroy()
        # The window goes now, not when the plug-in next has time for it.
        while Gtk.events_pending():
            Gtk.main_iteration()

    def _build(self, picture: Any) -> None:
        self._window = widgets.dialog(_("Neural Style"))
        self._cancel = self._window.add_button(_("_Cancel"), Gtk.ResponseType.CANCEL)
        self._finish = self._window.add_button(_("_Finish Now"), _FINISH)
        self._finish.set_tooltip_text(_("Stops now and keeps the best picture so far"))
        self._finish.set_sensitive(False)
        self._view = PictureView(_("Preview"), preview.ROOM)
        self._view.set_before(picture)
        self._bar = Gtk.ProgressBar()
        self._position, self._time_left = widgets.label(dim=True), widgets.label(dim=True)
        line = Gtk.Box(spacing=widgets.SPACE)
        line.pack_start(self._position, True, True, 0)
        line.pack_end(self._time_left, False, False, 0)
        content = self._window.get_content_area()
        content.pack_start(self._view.widget, True, True, 0)
        title = widgets.label(self._run.title(), wrap=True)
        title.set_max_width_chars(60)
        for widget in (title, self._bar, line):
            content.pack_start(widget, False, False, 0)
        self._window.connect("response", self._on_response)
        self._window.connect("key-press-event", self._on_key)
        self._window.connect("delete-event", self._on_close)
        # Escape must not cost an hour's work.
        self._window.connect("close", lambda window: window.stop_emission_by_name("close"))
        self._beside_others()
        self._show()

    def _beside_others(self) -> None:
        """Puts the window beside those of other runs, where it would hide them."""
        step = _STEP * job_folder.others(Path(self._run.request.folder))

        def move(window: Any, _event: Any) -> bool:
            window.disconnect(handler)
            left, top = window.get_position()
            window.move(left + step, top + step)
            return False

        if step:
            handler = self._window.connect("map-event", move)

    def _tick(self) -> bool:
        try:
            self._check()
            self._run.follow(0)
            self._show()
        except BaseException as error:  # in a callback it would be lost
            self._end(error)
        if self._run.done:
            self._end(None)
        return True

    def _show(self) -> None:
        run = self._run
        self._bar.set_fraction(run.fraction)
        self._position.set_text(run.position())
        self._time_left.set_text(run.time_left())
        self._window.set_title(
            _("Neural Style: {content}, {percent}").format(
                content=run.request.content.name, percent=f"{run.fraction * 100:.0f} %"
            )
        )
        at_once, asks = _("Stops at once and leaves the image as it was"), _("Asks what to keep")
        self._cancel.set_tooltip_text(asks if run.has_much_to_lose else at_once)
        if run.progress is not None and not run.is_finishing:
            self._finish.set_sensitive(True)
        if picture := run.take_preview():
            self._view.set_after(preview.shown(picture), run.position())

    def _on_response(self, _window: Any, response: int) -> None:
        if response == _FINISH:
            self._keep()
        elif response == Gtk.ResponseType.CANCEL:
            self._leave()

    def _on_close(self, *_arguments: Any) -> bool:
        self._leave()
        return True  # it goes when the run has ended

    def _on_key(self, window: Any, event: Any) -> bool:
        """Keeps keys from the window that were meant for GIMP's."""
        is_button = isinstance(window.get_focus(), Gtk.Button)
        has_control = event.state & Gdk.ModifierType.CONTROL_MASK
        if event.state & Gdk.ModifierType.MOD1_MASK or event.is_modifier:
            return False
        return not (
            event.keyval in _KEYS
            or self._view.has_focus()
            or (is_button and event.keyval in _PRESSES and not has_control)
        )

    def _leave(self) -> None:
        """Stops, but asks before much work is lost."""
        if not self._run.has_much_to_lose:
            self._discard()
        elif self._question is None:
            self._question = stop_question.ask(
                self._window, self._run.worked, self._keep, self._discard, self._forget_question
            )

    def _forget_question(self) -> None:
        self._question = None

    def _keep(self) -> None:
        self._finish.set_sensitive(False)
        self._run.finish()

    def _discard(self) -> None:
        self._run.cancel()
        self._end(Cancelled())

    def _end(self, failure: BaseException | None) -> None:
        self._failure = self._failure or failure
        self._loop.quit()
