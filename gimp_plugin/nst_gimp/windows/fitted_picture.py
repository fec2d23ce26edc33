"""A picture that fills the room it has, sharp on HiDPI screens, too."""

from __future__ import annotations

from typing import Any

from gi.repository import Atk, GdkPixbuf, GLib, Gtk


class FittedPicture(Gtk.Overlay):  # type: ignore[misc]
    """Shows a picture as large as there is room, and asks for no more than the least room.

    Args:
        width, height: the least room, in pixels of the layout.
        name: what it is, to screen readers; "" where words beside it say so.
    """

    def __init__(self, width: int, height: int, name: str = "") -> None:
        super().__init__()
        # Squares may be larger than the room: what is beyond it is empty.
        self._image = Gtk.Image(halign=Gtk.Align.CENTER, valign=Gtk.Align.CENTER)
        self._pixbuf: Any = None
        self._room = width, height
        base = Gtk.Box()
        base.set_size_request(width, height)
        self.add(base)
        self.add_overlay(self._image)
        accessible = self._image.get_accessible()
        if name:
            accessible.set_name(name)
        else:
            accessible.set_role(Atk.Role.REDUNDANT_OBJECT)
        self.connect("size-allocate", self._on_room)

    def show_picture(self, pixbuf: Any) -> None:
        """Shows a picture (a GdkPixbuf), or the sign for one if there is none."""
        self._pixbuf = None if pixbuf is None else _squared(pixbuf)
        self._sides = pixbuf and (pixbuf.get_width(), pixbuf.get_height())
        self._fit()

    def _on_room(self, _overlay: Any, room: Any) -> None:
        if (room.width, room.height) != self._room:
            self._room = room.width, room.height
            # In the middle of a layout, nothing may ask for another one.
            GLib.idle_add(self._fit)

    def _fit(self) -> bool:
        if self._pixbuf is None:
            self._image.set_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
            return False
        scale = min(room / side for room, side in zip(self._room, self._sides, strict=True))
        # An icon is drawn in the screen's own pixels, a pixbuf as such in those of the layout.
        self._image.set_from_gicon(self._pixbuf, Gtk.IconSize.DIALOG)
        self._image.set_pixel_size(max(1, round(max(self._sides) * scale)))
        return False


def _squared(pixbuf: Any) -> Any:
    """Returns a picture with as much nothing around it as an icon has, which is square."""
    width, height = pixbuf.get_width(), pixbuf.get_height()
    side = max(width, height)
    square = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, True, 8, side, side)
    square.fill(0)
    place = (side - width) // 2, (side - height) // 2
    pixbuf.add_alpha(False, 0, 0, 0).copy_area(0, 0, width, height, square, *place)
    return square
