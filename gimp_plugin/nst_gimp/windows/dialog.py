"""The window in which the user chooses photograph and style, and how to paint."""

from __future__ import annotations

from typing import Any

from gi.repository import Gdk, Gimp, GimpUi, GLib, Gtk

from nst_contract.errors import NstError
from nst_contract.protocol.requests import BuiltinStyle
from nst_gimp.engine import install_info, job_folder
from nst_gimp.engine.forecasts import Forecasts
from nst_gimp.engine.process import Engine
from nst_gimp.engine.sketches import Sketches
from nst_gimp.image import content_choice, layers, style_choices, style_pixels
from nst_gimp.text.i18n import _
from nst_gimp.windows import (
    advanced_settings,
    again_row,
    help_page,
    look_settings,
    repeat_button,
    reset_button,
    widgets,
)
from nst_gimp.windows.content_row import ContentRow
from nst_gimp.windows.history_button import HistoryButton
from nst_gimp.windows.preset_rows import PresetRows, Size
from nst_gimp.windows.sketch import SketchPane
from nst_gimp.windows.style_gallery import Gallery

# The part of a screen that the window takes, and the most: width and height in pixels.
_PART, _MOST = (0.94, 0.9), (1760, 1040)
# How often to look whether the image is still open.
_LOOK_MILLISECONDS = 300
# Room for the frame of the window and for a panel of the desktop, in pixels.
_AROUND = 80
# The least width for the photograph, and what the settings need: the rest is shared.
_LEAST_PICTURE = 240
_SETTINGS = 700
_SHARE = 0.55


def ask(
    procedure: Any,
    config: Any,
    selected: Any,
    content: Any,
    engine: Engine,
    opened_last: Any | None,
) -> tuple[Any, Any, Any] | None:
    """Shows the dialog until it is cancelled or all is chosen; the answers are in ``config``.

    Args:
        procedure, config: the procedure and its arguments.
        selected, content: the selected layer, and the one to be painted: they differ if the
            selected one was painted from the other.
        engine: is asked what a run would take.
        opened_last: the layer that was taken for the painting though it was selected, to say so.

    Returns:
        The layer to be painted and the arguments to paint it with, which are others than the
        photograph and ``config`` if a painted layer is painted once more; and the photograph. None
        if the user changed their mind.

    Raises:
        Cancelled: if the image was closed meanwhile.
        NstError: if the content was removed meanwhile.
    """
    widgets.start()
    image = content.get_image()
    with job_folder.folder(install_info.cache_folder() / "jobs") as folder:
        sketches = Sketches(engine, folder)
        window = _Window(procedure, config, selected, content, engine, sketches, opened_last)
        try:
            chosen = window.run()
        finally:
            window.close()
    content_choice.check_there(image, chosen[0] if chosen else window.content)
    return None if chosen is None else (*chosen, window.content)


class _Window:
    def __init__(
        self,
        procedure: Any,
        config: Any,
        selected: Any,
        content: Any,
        engine: Engine,
        sketches: Sketches,
        opened_last: Any | None,
    ) -> None:
        self._config = config
        self._image = content.get_image()
        self._dialog = GimpUi.ProcedureDialog.new(procedure, config, _("Neural Style"))
        self._dialog.set_ok_label(_("_Paint"))
        cancel = self._dialog.get_widget_for_response(Gtk.ResponseType.CANCEL)
        cancel.set_label(_("_Cancel"))
        self._size = _size()
        self._dialog.set_default_size(*self._size)
        help_page.replace_help(self._dialog)
        reset_button.replace_reset(self._dialog, config)
        self._content = ContentRow(config, content, self._on_content)
        self._gallery = Gallery(self._dialog, config, content)
        self._sketch = SketchPane(
            config, sketches, self._gallery.choices, self._gallery.set_picture
        )
        self._presets = PresetRows(
            config,
            Forecasts(engine, self._sketch.note),
            self._asked,
            lambda can: self._dialog.set_response_sensitive(Gtk.ResponseType.OK, can),
        )
        again = again_row.build(procedure, selected, self._paint)
        self._chosen: tuple[Any, Any] | None = None
        self._swapped = _bar()
        self._fill([again] if again else [])
        if opened_last is not None:
            self._say_swapped(opened_last)
        self._on_content()

    @property
    def content(self) -> Any:
        """The layer to be painted."""
        return self._content.content

    def run(self) -> tuple[Any, Any] | None:
        """Returns layer and arguments once OK is pressed, with all chosen that is needed."""
        timer = widgets.every(_LOOK_MILLISECONDS, self._look)
        try:
            while self._dialog.run() and self._is_there():
                chosen, self._chosen = self._chosen or (self.content, self._config), None
                missing = self._missing(*chosen)
                if missing is None:
                    return chosen
                widgets.tell(self._dialog, *missing)
            return None
        finally:
            GLib.source_remove(timer)

    def _is_there(self) -> bool:
        return content_choice.is_there(self._image, self.content)

    def _look(self) -> None:
        """Ends the dialog where there is nothing to paint any more, and follows the selection."""
        if not self._is_there():
            self._dialog.response(Gtk.ResponseType.CANCEL)
        elif self._seen != _what_is_painted(self.content):
            self._content.refresh()
            self._on_content()

    def close(self) -> None:
        self._presets.stop()
        self._gallery.stop()
        self._sketch.stop()
        self._dialog.destroy()

    def _missing(self, content: Any, config: Any) -> tuple[str, str] | None:
        """Returns what is still to be done before painting, and how; None if nothing is."""
        if not style_choices.chosen(config):
            return _("No style is chosen."), _("Choose a style to paint in.")
        if style_pixels.lacks_start(config):
            return (
                _("No picture to start from is chosen."),
                _("Choose a layer or a file under Advanced, or another start."),
            )
        problem = style_pixels.problem_with(config)
        try:
            content_choice.content_layer(self._image, [content])
        except NstError as error:
            problem = problem or error
        return None if problem is None else (problem.message, problem.advice)

    def _asked(self) -> tuple[Size, list[Size | BuiltinStyle], int] | None:
        """Returns what the forecasts are about: the content, the styles and how many masks.

        None if there is nothing to paint any more.
        """
        if not self._is_there():
            return None
        content = self.content
        area = layers.area_to_paint(content)
        size = area.width, area.height
        styles = [style.size or style.choice.builtin or size for style in self._gallery.chosen()]
        return size, styles or [size], style_pixels.count_masks(self._config, content)

    def _paint(self, content: Any, config: Any) -> None:
        """Paints once with other arguments."""
        self._chosen = content, config
        self._dialog.response(Gtk.ResponseType.OK)

    def _fill(self, above: list[Any]) -> None:
        """Puts the photograph at the left, and at the right all that is chosen."""
        halves = Gtk.Paned()
        halves.pack1(self._sketch.widget, True, False)
        halves.pack2(_scrolling(self._choices(above)), True, False)
        width = self._size[0]
        halves.set_position(max(_LEAST_PICTURE, round(min(_SHARE * width, width - _SETTINGS))))
        halves.get_accessible().set_name(_("Photograph and settings"))
        content = self._dialog.get_content_area()
        content.pack_start(halves, True, True, 0)
        widgets.let_wheel_scroll(halves)
        _move_buttons(self._dialog)
        halves.show_all()
        self._gallery.refresh()

    def _choices(self, above: list[Any]) -> Any:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE)
        box.set_border_width(widgets.SPACE // 2)
        for widget, grows in (
            *((widget, False) for widget in above),
            (self._content.widget, False),
            (self._swapped, False),
            (self._gallery.widget, True),
            (_side_by_side(self._presets.widget, look_settings.build(self._config)), False),
            (self._presets.problem, False),
            (self._earlier(), False),
            (self._advanced(), False),
        ):
            box.pack_start(widget, grows, grows, 0)
        return box

    def _earlier(self) -> Any:
        """Returns a row of what takes the settings of earlier results."""
        row = Gtk.Box(spacing=widgets.SPACE)
        for widget in (
            repeat_button.build(self._config, lambda: self.content),
            HistoryButton(self._config, lambda: self.content).widget,
        ):
            row.pack_start(widget, False, False, 0)
        return row

    def _advanced(self) -> Any:
        expander = advanced_settings.build(self._dialog, self._config, self.content)
        expander.connect("notify::expanded", lambda *_: _show_what_opens(expander))
        return expander

    def _on_content(self) -> None:
        """Another layer is to be painted, or another part of it."""
        content = self.content
        self._seen = _what_is_painted(content)
        self._sketch.paint(content, layers.area_to_paint(content))
        self._gallery.paint(content)
        self._gallery.refresh()
        self._presets.ask()

    def _say_swapped(self, selected: Any) -> None:
        text = _(
            '"{style}" was opened last, above the other layer: it is taken for the painting. '
            "Swap makes it the photograph."
        ).format(style=selected.get_name())
        label = widgets.label(text, wrap=True)
        label.set_max_width_chars(60)
        self._swapped.get_content_area().add(label)
        label.show()
        self._swapped.show()


def _what_is_painted(content: Any) -> object:
    """Returns what can be changed in the image while the dialog is open, to be compared."""
    return (
        layers.area_to_paint(content),
        Gimp.Selection.is_empty(content.get_image()),
        content.get_mask() is not None and content.get_apply_mask(),
    )


def _size() -> tuple[int, int]:
    """Returns the size of the window: most of the screen, but not all of a large one."""
    display = Gdk.Display.get_default()
    monitor = display.get_primary_monitor() or display.get_monitor(0)
    screen = monitor.get_workarea()
    width, height = (
        min(round(side * part), most)
        for side, part, most in zip((screen.width, screen.height), _PART, _MOST, strict=True)
    )
    return width, min(height, screen.height - _AROUND)


def _bar() -> Any:
    """Returns a place for something to tell, until it is closed."""
    bar = Gtk.InfoBar(message_type=Gtk.MessageType.INFO)
    bar.add_button(_("OK"), Gtk.ResponseType.CLOSE)
    bar.set_no_show_all(True)
    bar.connect("response", lambda bar, _answer: bar.hide())
    return bar


def _scrolling(widget: Any) -> Any:
    """Returns a widget in a window that scrolls it where the screen is too low for it."""
    scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
    scrolled.get_accessible().set_name(_("Settings"))
    scrolled.set_propagate_natural_height(True)
    scrolled.add(widget)
    return scrolled


def _show_what_opens(expander: Any) -> None:
    """Scrolls to what an expander shows, once there is room for it."""

    def on_room(*_arguments: Any) -> None:
        expander.disconnect(handler)
        GLib.idle_add(_scroll_to, expander)

    handler = expander.connect("size-allocate", on_room)


def _scroll_to(widget: Any) -> bool:
    """Scrolls to the end of a widget in a window of :func:`_scrolling`."""
    viewport = widget.get_ancestor(Gtk.Viewport)
    place = widget.translate_coordinates(viewport, 0, widget.get_allocated_height())
    at = viewport.get_vadjustment()
    beyond = place[1] - viewport.get_allocated_height()
    if beyond > 0:
        at.set_value(at.get_value() + beyond)
    return False


def _move_buttons(dialog: Any) -> None:
    """Puts GIMP's buttons for saved settings into the row of the other ones: height is scarce."""
    content, row = dialog.get_content_area(), dialog.get_action_area()
    for box in content.get_children():
        if isinstance(box, Gtk.ButtonBox) and box is not row:
            for button in box.get_children():
                box.remove(button)
                row.pack_start(button, False, False, 0)
                row.set_child_secondary(button, True)
                row.set_child_non_homogeneous(button, True)
            content.remove(box)


def _side_by_side(left: Any, right: Any) -> Any:
    """Returns both in a row: a screen has less height to spare than width."""
    row = Gtk.Box(spacing=2 * widgets.SPACE)
    row.pack_start(left, False, False, 0)
    row.pack_start(right, True, True, 0)
    return row
