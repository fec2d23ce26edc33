"""The part of the dialog in which styles are chosen: small pictures of all there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gi.repository import Gio, GLib, Gtk

from nst_gimp.image import builtin_style_choice, style_arguments, style_choices
from nst_gimp.image.style_choices import StyleChoice, StyleTile
from nst_gimp.saved import gallery_memory
from nst_gimp.text.i18n import _
from nst_gimp.windows import own_paintings, picture_chooser, setting_widgets, widgets
from nst_gimp.windows.chosen_styles import ChosenStyles
from nst_gimp.windows.tile_flow import TileFlow

# Heights of the gallery: two rows of pictures by itself, more in a larger window; one if the
# screen has no room.
_HEIGHT, _LEAST_HEIGHT = 250, 130
_ALONE = _(
    "There is no other layer. Choose a built-in style or a picture file, "
    "or open a painting with File > Open as Layers."
)


class Gallery:
    """Small pictures of all styles, of which up to three are chosen.

    Attributes:
        widget: shows them, and below them those that are chosen.

    Args:
        dialog: the window that it is in.
        config: the arguments; what is chosen here is set there, and the other way round.
        content: the layer to be painted.
    """

    def __init__(self, dialog: Any, config: Any, content: Any) -> None:
        self._dialog = dialog
        self._config = config
        self._content = content
        self._memory = gallery_memory.read()
        self._rest: int | None = None
        self._flow = TileFlow(self._take, self._follow_soon)
        self._flow.accept_files(self._on_drop)
        self._chosen = ChosenStyles(config, self._tile_of, self.refresh)
        self.widget = self._build()
        for tile in (*self._chosen_files(), *self._all()):
            if self._flow.find(tile.choice) is None:
                self._flow.add(tile)
        self._flow.load(self._unread())
        self.paint(content)
        for at in style_arguments.ALL:
            for argument in (at.layer, at.file, at.builtin):
                config.connect(f"notify::{argument}", lambda *_: self._follow_soon())

    def refresh(self) -> None:
        """Shows what is chosen; to be called once the widgets are shown."""
        self._follow()

    def stop(self) -> None:
        """Ends all that still goes on."""
        self._flow.stop()
        if self._rest is not None:
            GLib.source_remove(self._rest)

    def paint(self, content: Any) -> None:
        """Another layer is to be painted: it is no style, and the last one may be one again."""
        self._content = content
        self._flow.hide(StyleChoice(layer=content))

    def choices(self) -> list[StyleChoice]:
        """Returns all styles that are shown; built-in ones with the chosen palette and seed."""
        palette = builtin_style_choice.chosen_palette(self._config, self._chosen.arguments())
        seed = self._config.get_property("seed")
        return [choice.as_painted(palette, seed) for choice in self._flow.choices()]

    def set_picture(self, choice: StyleChoice, picture: Any) -> None:
        """Shows a picture in place of a style's own; None: its own again."""
        self._flow.set_picture(choice, picture)

    def add_files(self, files: list[Any]) -> None:
        """Chooses picture files, one for each place that is left; others are only shown."""
        for file in reversed(files):
            if self._flow.find(StyleChoice(file=file)) is None:
                self._flow.add(style_choices.of_file(file), first=True)
        places = style_arguments.ALL[self._chosen.active :]
        for file, at in zip(files, places, strict=False):
            StyleChoice(file=file).put(self._config, at)
        self._memory = self._memory.with_recent(*(file.get_uri() for file in files))
        gallery_memory.keep(self._memory)

    def chosen(self) -> list[StyleTile]:
        """Returns the styles that the arguments name."""
        choices = (style_choices.chosen(self._config, at) for at in style_arguments.ALL)
        return [self._tile_of(choice) for choice in choices if choice is not None]

    def _all(self) -> Iterator[StyleTile]:
        own = self._content.get_image()
        for layer, place in style_choices.layers_of_open_images(own):
            yield style_choices.of_layer(layer, place)
        yield from style_choices.built_in()

    def _chosen_files(self) -> Iterator[StyleTile]:
        """Yields those of the last run, at which the user looks first."""
        for at in style_arguments.ALL:
            choice = style_choices.chosen(self._config, at)
            if choice is not None and choice.file is not None:
                yield style_choices.of_file(choice.file)

    def _unread(self) -> Iterator[StyleTile]:
        """Yields the pictures that were chosen lately, and those of one's own folder."""
        recent = [Gio.File.new_for_uri(uri) for uri in self._memory.recent]
        for file in (*recent, *own_paintings.in_folder(self._memory.folder)):
            if file.query_exists():
                yield style_choices.of_file_unread(file)

    def _build(self) -> Any:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.get_accessible().set_name(_("Gallery"))
        scrolled.set_propagate_natural_height(True)
        scrolled.set_max_content_height(_HEIGHT)
        scrolled.set_min_content_height(_LEAST_HEIGHT)
        scrolled.add(self._flow.widget)
        frame = Gtk.Frame()
        frame.add(scrolled)
        self._alone = widgets.label(_ALONE, wrap=True)
        self._warning = widgets.label(wrap=True)
        for label in (self._alone, self._warning):
            label.set_max_width_chars(60)
            label.set_no_show_all(True)
        box.pack_start(self._build_tools(), False, False, 0)
        box.pack_start(frame, True, True, 0)
        for widget in (self._alone, self._chosen.widget, self._warning):
            box.pack_start(widget, False, False, 0)
        return box

    def _build_tools(self) -> Any:
        row = Gtk.Box(spacing=widgets.SPACE)
        add = Gtk.Button.new_with_mnemonic(_("Add P_ictures..."))
        add.set_tooltip_text(_("Chooses picture files; they can also be dropped on the gallery"))
        # Not within the click: who clicks by accessibility would wait for what is opened to close.
        add.connect("clicked", lambda _button: GLib.idle_add(self._on_add))
        folder = Gtk.Button.new_with_mnemonic(_("_Browse My Paintings..."))
        folder.set_tooltip_text(_("Shows the pictures of a folder here, today and next time"))
        folder.connect("clicked", lambda _button: GLib.idle_add(self._on_folder))
        self._palette = Gtk.Box(spacing=widgets.SPACE // 2, no_show_all=True)
        row.pack_start(add, False, False, 0)
        row.pack_start(folder, False, False, 0)
        row.pack_end(self._palette, False, False, 0)
        return row

    def _on_add(self) -> None:
        title = _("Choose pictures as styles")
        self.add_files(picture_chooser.choose(self._dialog, title, several=True))

    def _on_drop(self, files: list[Any]) -> None:
        self.add_files(picture_chooser.only_pictures(self._dialog, files))

    def _on_folder(self) -> None:
        folder = own_paintings.choose_folder(self._dialog, self._memory.folder)
        if folder is None:
            return
        kept = {tile.choice.file.get_uri() for tile in self.chosen() if tile.choice.file}
        kept |= set(self._memory.recent)
        shown = {file.get_uri() for file in own_paintings.in_folder(self._memory.folder)} - kept
        self._flow.remove(lambda choice: choice.file and choice.file.get_uri() in shown)
        self._memory = replace(self._memory, folder=folder)
        gallery_memory.keep(self._memory)
        self._flow.load(self._unread())

    def _tile_of(self, choice: StyleChoice) -> StyleTile:
        return self._flow.find(choice) or style_choices.of(choice)

    def _take(self, tile: StyleTile) -> None:
        """The user has gone to a picture."""
        tile.choice.put(self._config, self._chosen.arguments())

    def _follow_soon(self) -> None:
        # A click sets several arguments: between them none is what the user means.
        if self._rest is None:
            self._rest = GLib.idle_add(self._follow)

    def _follow(self) -> bool:
        """The arguments have changed."""
        self._rest = None
        for at in style_arguments.ALL:
            choice = style_choices.chosen(self._config, at)
            if choice is not None and choice.file is not None and self._flow.find(choice) is None:
                # First of all, so that nobody has to scroll to what was just chosen.
                self._flow.add(style_choices.of_file(choice.file), first=True)
        self._chosen.refresh()
        choices = [style_choices.chosen(self._config, at) for at in style_arguments.ALL]
        self._flow.mark(choices, choices[self._chosen.active])
        self._follow_palette(choices[self._chosen.active])
        self._describe()
        return False

    def _follow_palette(self, choice: StyleChoice | None) -> None:
        """Offers the colours of the built-in style that the active place has, if it has one."""
        at = self._chosen.arguments()
        is_shown = choice is not None and choice.builtin is not None
        self._palette.set_visible(is_shown)
        if self._palette.get_name() != at.palette:
            self._palette.set_name(at.palette)
            self._palette.foreach(self._palette.remove)
            field = setting_widgets.choice(self._config, at.palette)
            widgets.let_wheel_scroll(field)
            blurb = self._config.find_property(at.palette).get_blurb()
            row, _label = setting_widgets.labelled(_("Colour pal_ette"), field, blurb)
            row.show_all()
            self._palette.pack_start(row, False, False, 0)

    def _describe(self) -> None:
        first = next(iter(self.chosen()), None)
        same = first is not None and style_choices.looks_like(first, self._content)
        warning = _("This style looks like the layer itself, and so will the result.")
        self._warning.set_text(warning if same else "")
        self._warning.set_visible(same)
        self._alone.set_visible(not self._flow.has_layers())
