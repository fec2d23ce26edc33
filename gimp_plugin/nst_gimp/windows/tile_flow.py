"""Small pictures in rows, of which the arrow keys choose one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gi.repository import Gdk, GdkPixbuf, Gio, GLib, Gtk, Pango

from nst_gimp.image import style_choices
from nst_gimp.image.style_choices import StyleChoice, StyleTile
from nst_gimp.text.i18n import _
from nst_gimp.windows.fitted_picture import FittedPicture

# Of a picture, in pixels of the layout.
_PICTURE = (104, 78)
_FEWEST, _MOST = 3, 12
_TABS = (Gtk.DirectionType.TAB_FORWARD, Gtk.DirectionType.TAB_BACKWARD)


class TileFlow:
    """Styles as small pictures. It is one stop for the Tab key, wherever one is in it.

    Attributes:
        widget: shows them.

    Args:
        take: is told which one the user has gone to.
        on_read: is called when more is known of one that is a file.
    """

    def __init__(self, take: Callable[[StyleTile], None], on_read: Callable[[], None]) -> None:
        self._take = take
        self._on_picture = on_read
        self._active: Any = None
        self._tiles: list[_Tile] = []
        self._hidden = StyleChoice()
        self._is_changing = False
        self._unread: list[_Tile] = []
        self._cancellable = Gio.Cancellable()
        self.widget = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.SINGLE,
            min_children_per_line=_FEWEST,
            max_children_per_line=_MOST,
            homogeneous=True,
            valign=Gtk.Align.START,
        )
        self.widget.get_accessible().set_name(_("Styles"))
        self.widget.set_filter_func(self._is_shown)
        self.widget.connect("selected-children-changed", lambda _flow: self._on_selected())
        self.widget.connect("focus", self._on_focus)
        self.widget.connect("size-allocate", lambda *_: self._show_soon())

    def add(self, style: StyleTile, *, first: bool = False) -> None:
        """Adds a style at the end, or before all others."""
        tile = _Tile(style)
        place = 0 if first else len(self._tiles)
        self._tiles.insert(place, tile)
        self.widget.insert(tile.child, place)

    def load(self, styles: Iterable[StyleTile]) -> None:
        """Adds styles that are files; their pictures come while the user does other things."""
        for style in styles:
            if self.find(style.choice) is None:
                self.add(style)
                self._unread.append(self._tiles[-1])
        self._read_next()

    def remove(self, is_gone: Callable[[StyleChoice], bool]) -> None:
        """Takes out all styles of which that is true."""
        gone = [tile for tile in self._tiles if is_gone(tile.style.choice)]
        self._tiles = [tile for tile in self._tiles if tile not in gone]
        self._unread = [tile for tile in self._unread if tile not in gone]
        for tile in gone:
            self.widget.remove(tile.child)

    def find(self, choice: StyleChoice) -> StyleTile | None:
        """Returns the style that a choice names."""
        tile = self._find(choice)
        return None if tile is None else tile.style

    def choices(self) -> list[StyleChoice]:
        """Returns all that are shown."""
        choices = [tile.style.choice for tile in self._tiles]
        return [choice for choice in choices if not choice.is_same(self._hidden)]

    def set_picture(self, choice: StyleChoice, picture: Any) -> None:
        """Shows a picture in place of a style's own; None: its own again."""
        tile = self._find(choice)
        if tile is not None:
            tile.show_picture(picture)

    def hide(self, choice: StyleChoice) -> None:
        """Shows all styles but one."""
        self._hidden = choice
        self.widget.invalidate_filter()

    def has_layers(self) -> bool:
        """Tells whether a layer is shown."""
        layers = (tile for tile in self._tiles if tile.style.choice.layer is not None)
        return any(not tile.style.choice.is_same(self._hidden) for tile in layers)

    def mark(self, choices: Sequence[StyleChoice | None], active: StyleChoice | None) -> None:
        """Marks the chosen styles with their numbers, and goes to the active one."""
        several = sum(choice is not None for choice in choices) > 1
        for tile in self._tiles:
            numbers = [
                str(number)
                for number, choice in enumerate(choices, start=1)
                if choice is not None and choice.is_same(tile.style.choice)
            ]
            tile.mark(", ".join(numbers) if several else "")
        self._is_changing = True
        chosen = None if active is None else self._find(active)
        if chosen is None:
            self.widget.unselect_all()
        elif chosen.child not in self.widget.get_selected_children():
            self.widget.select_child(chosen.child)
            self._active = chosen.child
            self._show_soon()
        self._is_changing = False

    def _show_soon(self) -> None:
        """Scrolls to the active style once it has a place; then the user may scroll elsewhere."""
        if self._active is not None:
            GLib.idle_add(self._show_active)

    def _show_active(self) -> bool:
        viewport = self.widget.get_ancestor(Gtk.Viewport)
        place = self._active and self._active.get_allocation()
        if viewport is not None and place and place.height > 1:
            viewport.get_vadjustment().clamp_page(place.y, place.y + place.height)
            self._active = None
        return False

    def accept_files(self, take: Callable[[list[Any]], None]) -> None:
        """Lets files be dropped here from a file manager."""
        self.widget.drag_dest_set(Gtk.DestDefaults.ALL, [], Gdk.DragAction.COPY)
        self.widget.drag_dest_add_uri_targets()

        def on_drop(_flow: Any, _context: Any, _x: int, _y: int, data: Any, *_rest: Any) -> None:
            files = [Gio.File.new_for_uri(uri) for uri in data.get_uris()]
            # What takes long, or asks, must not hold up the program that they came from.
            GLib.idle_add(lambda: take(files))

        self.widget.connect("drag-data-received", on_drop)

    def stop(self) -> None:
        """Ends all that still goes on."""
        self._unread, self._active = [], None
        self._cancellable.cancel()

    def _find(self, choice: StyleChoice) -> _Tile | None:
        return next((tile for tile in self._tiles if tile.style.choice.is_same(choice)), None)

    def _is_shown(self, child: Any) -> bool:
        tile = next((tile for tile in self._tiles if tile.child is child), None)
        return tile is None or not tile.style.choice.is_same(self._hidden)

    def _on_selected(self) -> None:
        selected = self.widget.get_selected_children()
        if selected and not self._is_changing:
            self._take(next(tile.style for tile in self._tiles if tile.child is selected[0]))

    def _on_focus(self, flow: Any, direction: Any) -> bool:
        """Enters at the chosen style, and leaves by Tab from any; neither chooses another one."""
        if direction not in _TABS:
            return False
        flow.stop_emission_by_name("focus")
        shown = [tile.child for tile in self._tiles if tile.child.get_child_visible()]
        if flow.get_focus_child() is not None or not shown:
            return False
        (flow.get_selected_children() or shown)[0].grab_focus()
        return True

    def _read_next(self) -> None:
        if not self._unread or self._cancellable.is_cancelled():
            return
        tile = self._unread[0]
        tile.style.choice.file.read_async(GLib.PRIORITY_LOW, self._cancellable, self._on_open, tile)

    def _on_open(self, file: Any, answer: Any, tile: _Tile) -> None:
        try:
            stream = file.read_finish(answer)
        except GLib.Error:
            self._done(tile)
            return
        size = (*style_choices.THUMBNAIL, True)
        GdkPixbuf.Pixbuf.new_from_stream_at_scale_async(
            stream, *size, self._cancellable, self._on_read, tile
        )

    def _on_read(self, _stream: Any, answer: Any, tile: _Tile) -> None:
        try:
            pixbuf = GdkPixbuf.Pixbuf.new_from_stream_finish(answer)
        except GLib.Error:
            pixbuf = None
        if pixbuf is not None and not self._cancellable.is_cancelled():
            tile.show(style_choices.seen(tile.style, pixbuf))
            self._on_picture()
        self._done(tile)

    def _done(self, tile: _Tile) -> None:
        if tile in self._unread:
            self._unread.remove(tile)
        self._read_next()


class _Tile:
    """The small picture of a style with its name, and its number where several are chosen."""

    def __init__(self, style: StyleTile) -> None:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2, margin=2)
        self._picture = FittedPicture(*_PICTURE)
        self._number = Gtk.Label(halign=Gtk.Align.END, valign=Gtk.Align.START, no_show_all=True)
        self._number.get_style_context().add_class(Gtk.STYLE_CLASS_OSD)
        self._picture.add_overlay(self._number)
        box.pack_start(self._picture, False, False, 0)
        for text, is_dim in ((style.name, False), (style.place, True)):
            label = Gtk.Label(label=text, ellipsize=Pango.EllipsizeMode.MIDDLE, max_width_chars=13)
            if is_dim:
                label.get_style_context().add_class(Gtk.STYLE_CLASS_DIM_LABEL)
            if text:
                box.pack_start(label, False, False, 0)
        self.child = Gtk.FlowBoxChild()
        self.child.add(box)
        self.show(style)
        self.child.show_all()

    def show(self, style: StyleTile) -> None:
        self.style = style
        self.show_picture(None)
        self.child.set_tooltip_text(style.describe())
        named = f"{style.name}, {style.place}" if style.place else style.name
        self.child.get_accessible().set_name(named)

    def show_picture(self, picture: Any) -> None:
        """Shows a picture in place of the style's own; None: its own again."""
        self._picture.show_picture(self.style.thumbnail if picture is None else picture)

    def mark(self, numbers: str) -> None:
        self._number.set_markup(f"<b> {numbers} </b>")
        self._number.set_visible(bool(numbers))
