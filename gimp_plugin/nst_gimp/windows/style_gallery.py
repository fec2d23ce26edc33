"""The part of the dialog in which the style is chosen: small pictures of all there are."""

from __future__ import annotations

from typing import Any

from gi.repository import GdkPixbuf, GimpUi, Gtk, Pango

from nst_gimp.image import builtin_style_choice, style_choices
from nst_gimp.image.style_choices import StyleChoice, StyleTile
from nst_gimp.text.i18n import _
from nst_gimp.windows import widgets

# Heights of the gallery: two rows of pictures, then it scrolls; one if the screen has no room.
_HEIGHT, _LEAST_HEIGHT = 270, 130
_ALONE = _(
    "There is no other layer. Choose a built-in style or a picture file, "
    "or open a painting with File > Open as Layers."
)


class Gallery:
    """Small pictures of all styles, of which one is chosen.

    Args:
        config: the arguments; what is chosen here is set there, and the other way round.
        content: the layer to be painted.
        file_chooser: the widget for the argument ``style-file``.
    """

    def __init__(self, config: Any, content: Any, file_chooser: Any) -> None:
        self._config = config
        self._content = content
        self._styles = list(style_choices.of_open_images(content))
        self._is_alone = not self._styles
        self._styles += style_choices.built_in()
        self._is_changing = False
        self.widget = self._build(file_chooser)
        config.connect("notify::style-file", lambda *_: self._take_file())
        for argument in ("style-layer", "style-file", builtin_style_choice.STYLE):
            config.connect(f"notify::{argument}", lambda *_: self._follow())

    def refresh(self) -> None:
        """Shows what is chosen; to be called once the widgets are shown."""
        self._follow()

    def chosen(self) -> StyleTile | None:
        """Returns the style that the arguments name."""
        choice = style_choices.chosen(self._config)
        if choice is None:
            return None
        return next((style for style in self._styles if style.choice.is_same(choice)), None)

    def choices(self) -> list[StyleChoice]:
        """Returns all styles; built-in ones in the palette that is chosen."""
        palette = builtin_style_choice.chosen_palette(self._config)
        return [style.choice.in_palette(palette) for style in self._styles]

    def set_picture(self, choice: StyleChoice, picture: Any) -> None:
        """Shows a picture in place of a style's own; None: its own again."""
        for index, style in enumerate(self._styles):
            if style.choice.is_same(choice):
                shown = _fitting(picture) if picture is not None else style.thumbnail
                image = self._flow.get_child_at_index(index).get_child().get_children()[0]
                if shown is not None:
                    image.set_from_pixbuf(shown)

    def _build(self, file_chooser: Any) -> Any:
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=widgets.SPACE // 2)
        self._flow = Gtk.FlowBox(
            selection_mode=Gtk.SelectionMode.SINGLE,
            min_children_per_line=6,
            max_children_per_line=8,
            homogeneous=True,
        )
        self._flow.get_accessible().set_name(_("Styles"))
        self._flow.connect("selected-children-changed", lambda _flow: self._take())
        for style in self._styles:
            self._flow.add(_tile(style))
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_propagate_natural_height(True)
        scrolled.set_max_content_height(_HEIGHT)
        scrolled.set_min_content_height(_LEAST_HEIGHT)
        scrolled.add(self._flow)
        self._alone = widgets.label(_ALONE, wrap=True)
        self._caption = widgets.label()
        self._warning = widgets.label(wrap=True)
        for label in (self._alone, self._caption, self._warning):
            label.set_max_width_chars(70)
            label.set_ellipsize(Pango.EllipsizeMode.NONE)
        frame = Gtk.Frame()
        frame.add(scrolled)
        self._palette = self._build_palette()
        row = Gtk.Box(spacing=3 * widgets.SPACE)
        for widget in (file_chooser, self._palette):
            row.pack_start(widget, False, False, 0)
        below = (self._alone, row, self._caption, self._warning)
        for widget in (frame, *below):
            box.pack_start(widget, False, False, 0)
        return box

    def _build_palette(self) -> Any:
        """Returns what is shown while a built-in style is chosen."""
        row = Gtk.Box(spacing=widgets.SPACE, no_show_all=True)
        argument = self._config.find_property(builtin_style_choice.PALETTE)
        label = Gtk.Label.new_with_mnemonic(argument.get_nick())
        choices = GimpUi.prop_choice_combo_box_new(self._config, builtin_style_choice.PALETTE)
        label.set_mnemonic_widget(choices)
        for widget in (label, choices):
            widget.set_tooltip_text(argument.get_blurb())
            row.pack_start(widget, False, False, 0)
            widget.show()
        return row

    def _take(self) -> None:
        """The user has clicked on a picture."""
        selected = self._flow.get_selected_children()
        if selected and not self._is_changing:
            self._styles[selected[0].get_index()].choice.put(self._config)

    def _take_file(self) -> None:
        """The user has chosen a file: it counts, though a layer was chosen before."""
        file = self._config.get_property("style-file")
        if file is not None and self._config.get_property("style-layer") is not None:
            style_choices.StyleChoice(file=file).put(self._config)

    def _follow(self) -> None:
        """The arguments have changed."""
        self._add_file()
        # A click sets several arguments: between them none is what the user means.
        self._is_changing = True
        style = self.chosen()
        if style is None:
            self._flow.unselect_all()
        else:
            self._flow.select_child(self._flow.get_child_at_index(self._styles.index(style)))
        self._is_changing = False
        self._describe(style)

    def _add_file(self) -> None:
        """Gives the chosen file a picture of its own."""
        choice = style_choices.chosen(self._config)
        if choice and choice.file is not None and self.chosen() is None:
            self._styles.insert(0, style_choices.of_file(choice.file))
            tile = _tile(self._styles[0])
            # First of all, so that nobody has to scroll to what was just chosen.
            self._flow.insert(tile, 0)
            tile.show_all()

    def _describe(self, style: StyleTile | None) -> None:
        text = _("Choose the style.")
        if style is not None:
            text = _("The style is {style}.").format(style=style.describe())
        self._caption.set_markup(f"<b>{widgets.escape(text)}</b>")
        same = style is not None and style_choices.looks_like(style, self._content)
        warning = _("This style looks like the layer itself, and so will the result.")
        self._warning.set_text(warning if same else "")
        self._warning.set_visible(same)
        self._alone.set_visible(self._is_alone)
        self._palette.set_visible(style is not None and style.choice.builtin is not None)


def _fitting(picture: Any) -> Any:
    """Returns a picture in the size of a tile's."""
    sides = picture.get_width(), picture.get_height()
    scale = min(room / side for room, side in zip(style_choices.THUMBNAIL, sides, strict=True))
    width, height = (max(1, round(side * scale)) for side in sides)
    return picture.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


def _tile(style: StyleTile) -> Any:
    """Returns the small picture of a style with its name."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2, margin=4)
    picture = Gtk.Image.new_from_icon_name("image-x-generic", Gtk.IconSize.DIALOG)
    if style.thumbnail is not None:
        picture = Gtk.Image.new_from_pixbuf(style.thumbnail)
    picture.set_size_request(*style_choices.THUMBNAIL)
    box.pack_start(picture, False, False, 0)
    for text, is_dim in ((style.name, False), (style.place, True)):
        label = Gtk.Label(label=text, ellipsize=Pango.EllipsizeMode.MIDDLE, max_width_chars=13)
        if is_dim:
            label.get_style_context().add_class(Gtk.STYLE_CLASS_DIM_LABEL)
        if text:
            box.pack_start(label, False, False, 0)
    tile = Gtk.FlowBoxChild()
    tile.add(box)
    tile.set_tooltip_text(style.describe())
    tile.get_accessible().set_name(style.name)
    return tile
