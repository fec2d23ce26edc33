"""A picture to look at closely: before and after in one place, zoomed and moved about.

GDK's pixbufs alone: Python may well have no cairo in GIMP.
"""

from __future__ import annotations

from typing import Any

from gi.repository import Gdk, GdkPixbuf, GLib, Gtk

from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets
from nst_gimp.windows.picture_place import Place

# How near to the line one must press to take it, and how far a press may move without dragging.
_NEAR, _STILL = 10, 4
_CHECKS = 8, 0x999999, 0x666666
_LINE, _LINE_EDGE, _FOCUS = 0xFFFFFFFF, 0x00000090, 0x3584E4FF
_HELP = _(
    "Hold the picture to see the photograph, or compare them along a line. The wheel zooms, "
    "dragging moves what is larger than the window. Keys: + and -, 0 to fit, 1 for 1:1, arrows, "
    "C to compare, and Space for the photograph"
)


class PictureView:
    """A picture and the photograph it is made of, in one place.

    Args:
        name: what the picture is called, for those who cannot see it.
        least: width and height below which the view does not shrink, in pixels of the window.

    Attributes:
        widget: shows them, with a row of buttons below; grows with its window.
        row: of these buttons, with room for more.
    """

    def __init__(self, name: str, least: tuple[int, int] = (300, 220)) -> None:
        self._before: Any = None
        self._after: Any = None
        self._place = Place()
        self._is_held = False
        self._press: tuple[float, float] | None = None
        self._drag = ""
        self._drawing: int | None = None
        self._image = Gtk.Image()
        self._image.get_accessible().set_name(name)
        self._build(least)

    def set_before(self, picture: Any) -> None:
        """Shows a photograph, of the shape of all pictures to come; None: nothing."""
        self._before = picture
        if picture is not None:
            self._place.shape = picture.get_width() / picture.get_height()
        self._queue()

    def set_after(self, picture: Any, description: str = "") -> None:
        """Shows a picture of the photograph's shape; None: the photograph alone."""
        self._after = picture
        self._image.get_accessible().set_description(description)
        self._queue()

    def grab_focus(self) -> None:
        """Lets keys go to the picture."""
        self._layout.grab_focus()

    def has_focus(self) -> bool:
        """Tells whether keys go to the picture."""
        return bool(self._layout.has_focus())

    def _build(self, least: tuple[int, int]) -> None:
        self._layout = Gtk.Layout(hexpand=True, vexpand=True, can_focus=True)
        self._layout.set_size_request(*least)
        self._layout.get_accessible().set_name(_("Before and after"))
        self._layout.get_accessible().set_description(_HELP)
        self._layout.set_tooltip_text(_HELP)
        self._layout.put(self._image, 0, 0)
        mask = Gdk.EventMask
        self._layout.add_events(
            mask.BUTTON_PRESS_MASK
            | mask.BUTTON_RELEASE_MASK
            | mask.BUTTON1_MOTION_MASK
            | mask.SCROLL_MASK
            | mask.SMOOTH_SCROLL_MASK
            | mask.KEY_PRESS_MASK
            | mask.KEY_RELEASE_MASK
        )
        for signal, handler in (
            ("size-allocate", self._on_size),
            ("notify::scale-factor", lambda *_: self._queue()),
            ("focus-in-event", lambda *_: self._queue()),
            ("focus-out-event", lambda *_: self._let_go()),
            ("button-press-event", self._on_press),
            ("motion-notify-event", self._on_motion),
            ("button-release-event", lambda *_: self._let_go()),
            ("scroll-event", self._on_scroll),
            ("key-press-event", self._on_key),
            ("key-release-event", self._on_key_release),
            ("unrealize", lambda *_: self._forget()),
        ):
            self._layout.connect(signal, handler)
        frame = Gtk.Frame()
        frame.add(self._layout)
        self._compare = Gtk.ToggleButton(label=_("Compare"))
        self._compare.set_tooltip_text(_("Shows the photograph left of a line that you can drag"))
        self._compare.connect("toggled", lambda button: self._set_line(button.get_active()))
        row = Gtk.Box(spacing=widgets.SPACE // 2)
        for label, text, zoom in (
            (_("Fit"), _("Shows all of the picture"), None),
            (_("1:1"), _("Shows each pixel of the picture as one of the screen"), 1.0),
        ):
            button = Gtk.Button(label=label)
            button.set_tooltip_text(text)
            button.connect("clicked", lambda _button, zoom=zoom: self._zoom_to(zoom))
            row.pack_start(button, False, False, 0)
        row.pack_start(self._compare, False, False, 0)
        self.row = row
        self.widget = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
        self.widget.pack_start(frame, True, True, 0)
        self.widget.pack_start(row, False, False, 0)

    # What the user does --------------------------------------------------------------------------

    def _on_press(self, _layout: Any, event: Any) -> bool:
        self._layout.grab_focus()
        if event.button != 1 or event.type != Gdk.EventType.BUTTON_PRESS:
            return False
        self._press = event.x, event.y
        line = self._place.line_x
        near = line is not None and abs(event.x * self._scale - line) <= _NEAR * self._scale
        self._drag = "line" if near else ""
        self._hold(not near)
        return True

    def _on_motion(self, _layout: Any, event: Any) -> bool:
        if self._press is None:
            return False
        x, y = self._press
        moved = max(abs(event.x - x), abs(event.y - y))
        if not self._drag and moved > _STILL and self._place.is_larger:
            self._drag = "picture"
            self._hold(False)
        if self._drag == "line":
            self._place.move_line_to(event.x * self._scale)
        elif self._drag == "picture":
            self._place.pan((event.x - x) * self._scale, (event.y - y) * self._scale)
            self._press = event.x, event.y
        self._queue()
        return True

    def _let_go(self) -> bool:
        self._press, self._drag = None, ""
        self._hold(False)
        return False

    def _on_scroll(self, _layout: Any, event: Any) -> bool:
        is_smooth, _across, down = event.get_scroll_deltas()
        steps = -down if is_smooth else {0: 1.0, 1: -1.0}.get(int(event.direction), 0.0)
        if steps:
            self._place.zoom_by(1.25**steps, event.x * self._scale, event.y * self._scale)
            self._queue()
        return True

    def _on_key(self, _layout: Any, event: Any) -> bool:
        name = Gdk.keyval_name(event.keyval) or ""
        if event.state & (Gdk.ModifierType.CONTROL_MASK | Gdk.ModifierType.MOD1_MASK):
            return False
        step = 32 * self._scale
        ways = {"Left": (1, 0), "Right": (-1, 0), "Up": (0, 1), "Down": (0, -1)}
        if name in ways and self._place.line is not None and ways[name][0]:
            self._place.move_line_by(-0.02 * ways[name][0])
        elif name in ways and self._place.is_larger:
            self._place.pan(*(step * way for way in ways[name]))
        elif name in ("plus", "equal", "KP_Add", "minus", "KP_Subtract"):
            is_out = name in ("minus", "KP_Subtract")
            self._place.zoom_by(
                0.8 if is_out else 1.25, self._place.width / 2, self._place.height / 2
            )
        elif name in ("0", "KP_0"):
            self._place.zoom = None
        elif name in ("1", "KP_1"):
            self._zoom_to(1.0)
        elif name in ("c", "C"):
            self._compare.set_active(not self._compare.get_active())
        elif name == "space":
            self._hold(True)
        else:
            return False
        self._queue()
        return True

    def _on_key_release(self, _layout: Any, event: Any) -> bool:
        if Gdk.keyval_name(event.keyval) != "space":
            return False
        self._hold(False)
        return True

    def _zoom_to(self, zoom: float | None) -> None:
        picture = self._after or self._before
        if picture is not None:
            self._place.zoom = zoom and zoom * picture.get_width()
        self._queue()

    def _set_line(self, is_wanted: bool) -> None:
        self._place.line = 0.5 if is_wanted else None
        self._queue()

    def _hold(self, is_held: bool) -> None:
        self._is_held = is_held
        self._queue()

    # What is seen --------------------------------------------------------------------------------

    @property
    def _scale(self) -> int:
        return int(self._layout.get_scale_factor())

    def _on_size(self, _layout: Any, room: Any) -> None:
        """Draws for another size: what is shown anew asks for its room once more."""
        drawn = self._place.width, self._place.height
        if drawn != (room.width * self._scale, room.height * self._scale):
            self._queue()

    def _queue(self) -> None:
        if self._drawing is None:
            self._drawing = GLib.idle_add(self._draw)

    def _forget(self) -> None:
        if self._drawing is not None:
            GLib.source_remove(self._drawing)
            self._drawing = None

    def _draw(self) -> bool:
        self._drawing = None
        shown = self._layout.get_allocation()
        place = self._place
        place.width, place.height = shown.width * self._scale, shown.height * self._scale
        if self._before is None or min(place.width, place.height) < 2:
            return False
        whole = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, place.width, place.height)
        whole.fill(0)
        after = self._before if self._is_held or self._after is None else self._after
        line = None if after is self._before else place.line_x
        self._paint(whole, after, 0, place.width)
        if line is not None:
            self._paint(whole, self._before, 0, line)
            _left, top, _width, height = place.rectangle()
            for left, width, color in ((line - 2, 5, _LINE_EDGE), (line - 1, 3, _LINE)):
                _fill(whole, left, top, width, height, color)
        if self._layout.has_focus():
            self._mark_focus(whole)
        self._show(whole)
        return False

    def _paint(self, whole: Any, picture: Any, left: int, right: int) -> None:
        """Paints a picture where it is seen between two columns."""
        x, y, width, height = self._place.rectangle()
        start, end = max(0, left, x), min(right, self._place.width, x + width)
        top, bottom = max(0, y), min(self._place.height, y + height)
        if start < end and top < bottom:
            picture.composite_color(
                whole, start, top, end - start, bottom - top, x, y,
                width / picture.get_width(), height / picture.get_height(),
                _filter(width / picture.get_width()), 255, 0, 0, *_CHECKS,
            )  # fmt: skip

    def _mark_focus(self, whole: Any) -> None:
        width, height, edge = self._place.width, self._place.height, 2 * self._scale
        for x, y, w, h in (
            (0, 0, width, edge), (0, height - edge, width, edge),
            (0, 0, edge, height), (width - edge, 0, edge, height),
        ):  # fmt: skip
            _fill(whole, x, y, w, h, _FOCUS)

    def _show(self, whole: Any) -> None:
        if self._scale == 1:
            self._image.set_from_pixbuf(whole)
            return
        # As an icon it is shown with all of the screen's pixels.
        self._image.set_from_gicon(whole, Gtk.IconSize.DIALOG)
        self._image.set_pixel_size(max(self._place.width, self._place.height) // self._scale)


def _filter(magnification: float) -> Any:
    # Enlarged linearly, the pixels of a small sketch are seen as a mesh.
    kinds = GdkPixbuf.InterpType
    return kinds.HYPER if magnification > 1 else kinds.BILINEAR


def _fill(whole: Any, x: int, y: int, width: int, height: int, color: int) -> None:
    left, right = max(0, x), min(whole.get_width(), x + width)
    top, bottom = max(0, y), min(whole.get_height(), y + height)
    if left < right and top < bottom:
        whole.new_subpixbuf(left, top, right - left, bottom - top).fill(color)
