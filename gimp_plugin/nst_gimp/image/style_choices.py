"""Where a style may come from: layers of open images, picture files, and the engine's painters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gi.repository import GdkPixbuf, Gimp, GLib

from nst_contract.builtin_style_names import STYLES
from nst_contract.protocol.requests import BuiltinStyle
from nst_gimp.image import builtin_style_choice, file_names, thumbnails
from nst_gimp.image.style_arguments import FIRST, MORE, StyleArguments
from nst_gimp.text.i18n import _

# Width and height of a small picture, in pixels.
THUMBNAIL = thumbnails.SMALL
# Two pictures look alike if, made very small, their samples (0 to 255) differ by less on average.
_ALIKE = 4
# Orientations of EXIF that lie on their side.
_ON_THEIR_SIDE = ("5", "6", "7", "8")


@dataclass(frozen=True, eq=False)
class StyleChoice:
    """What the arguments name as the style: one of these, the others are None."""

    layer: Any = None
    file: Any = None
    builtin: BuiltinStyle | None = None

    def is_same(self, other: StyleChoice) -> bool:
        """Tells whether both name the same painting, in whatever palette."""
        if self.layer is not None and other.layer is not None:
            return bool(self.layer.get_id() == other.layer.get_id())
        if self.file is not None and other.file is not None:
            return bool(self.file.equal(other.file))
        if self.builtin is not None and other.builtin is not None:
            return self.builtin.style == other.builtin.style
        return False

    def is_there(self) -> bool:
        """Tells whether it is no layer that has been removed or closed with its image."""
        return self.layer is None or bool(self.layer.is_valid())

    def as_painted(self, palette: str, seed: int) -> StyleChoice:
        """Returns it with palette and seed, which count for built-in styles alone."""
        if self.builtin is None:
            return self
        return replace(self, builtin=replace(self.builtin, palette=palette, seed=seed))

    def put(self, config: Any, at: StyleArguments = FIRST) -> None:
        """Names it in the arguments; a choice of nothing takes out what they name."""
        config.set_property(at.layer, self.layer)
        config.set_property(at.file, self.file)
        builtin_style_choice.choose(config, self.builtin, at)


@dataclass(frozen=True, eq=False)
class StyleTile:
    """A painting that can be chosen.

    Attributes:
        name: what it is called.
        place: where it comes from; "" if that is the content's own image.
        about: its size in pixels, or what it looks like.
        thumbnail: a small picture (a GdkPixbuf).
        choice: how the arguments name it.
        size: width and height in pixels, as far as they are known.
    """

    name: str
    place: str
    about: str
    thumbnail: Any
    choice: StyleChoice
    size: tuple[int, int] | None = None

    def describe(self) -> str:
        """Returns in one line what it is."""
        text = _('"{name}" ({place}), {about}') if self.place else _('"{name}", {about}')
        return text.format(name=self.name, place=self.place, about=self.about)


def chosen(config: Any, at: StyleArguments = FIRST) -> StyleChoice | None:
    """Returns the layer that the arguments name, or else the file, or else the built-in style."""
    layer, file = config.get_property(at.layer), config.get_property(at.file)
    if layer is not None and layer.is_valid():
        return StyleChoice(layer=layer)
    if file is not None:
        return StyleChoice(file=file)
    builtin = builtin_style_choice.chosen(config, at)
    return None if builtin is None else StyleChoice(builtin=builtin)


def more(config: Any) -> Iterator[tuple[StyleChoice, float]]:
    """Yields each further style and its weight against the first."""
    for at in MORE:
        choice = chosen(config, at)
        if choice is not None:
            yield choice, config.get_property(at.weight)


def open_images(own: Any) -> Iterator[tuple[Any, str]]:
    """Yields an image with "", and then all others that are open with their names.

    Where several have the same name, it is followed by the number in the titles of their windows.
    """
    yield own, ""
    images = Gimp.get_images()
    names = [image.get_name() for image in images]
    for image, name in zip(images, names, strict=True):
        if image.get_id() != own.get_id():
            yield image, name if names.count(name) == 1 else f"{name}-{image.get_id()}"


def layers_of_open_images(own: Any) -> Iterator[tuple[Any, str]]:
    """Yields all layers there are, each with the name of its image; "" for the own one."""
    for image, place in open_images(own):
        for layer in with_children(image.get_layers()):
            yield layer, place


def of_layer(layer: Any, place: str) -> StyleTile:
    """Returns a layer as a style."""
    size = layer.get_width(), layer.get_height()
    picture = thumbnails.of(layer, THUMBNAIL)
    return StyleTile(
        layer.get_name(), place, _pixels(*size), picture, StyleChoice(layer=layer), size
    )


def of(choice: StyleChoice) -> StyleTile:
    """Returns what is chosen as a style, wherever it comes from."""
    if choice.layer is not None:
        return of_layer(choice.layer, "")
    if choice.file is not None:
        return of_file(choice.file)
    return next(tile for tile in built_in() if tile.choice.is_same(choice))


def of_file(file: Any, room: tuple[int, int] = THUMBNAIL) -> StyleTile:
    """Returns a picture file as a style; one that only GIMP can read has no small picture."""
    unread = of_file_unread(file)
    try:
        read = GdkPixbuf.Pixbuf.new_from_file_at_scale(file.get_path() or "", *room, True)
    except GLib.Error:
        return unread
    return seen(unread, read)


def of_file_unread(file: Any) -> StyleTile:
    """Returns a picture file as a style that is yet to be looked at."""
    return _file_tile(file, None, None)


def _file_tile(file: Any, small: Any, size: tuple[int, int] | None) -> StyleTile:
    about = _pixels(*size) if size else _("of unknown size")
    name, choice = file_names.shown(file), StyleChoice(file=file)
    return StyleTile(name, _("a file"), about, small, choice, size)


def seen(style: StyleTile, read: Any) -> StyleTile:
    """Returns a style that is a file once a small picture of it is read, maybe on its side."""
    file = style.choice.file
    kind, width, height = GdkPixbuf.Pixbuf.get_file_info(file.get_path() or "")
    if read.get_option("orientation") in _ON_THEIR_SIDE:
        width, height = height, width
    upright = read.apply_embedded_orientation()
    return _file_tile(file, upright, None if kind is None else (width, height))


def is_picture(file: Any) -> bool:
    """Tells whether a file is a picture: one that GdkPixbuf knows, or else that GIMP opens."""
    kind, _width, _height = GdkPixbuf.Pixbuf.get_file_info(file.get_path() or "")
    if kind is not None:
        return True
    try:
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    except Exception:  # GLib.Error, of as many kinds as there are file plug-ins
        return False
    if image is None:
        return False
    image.delete()
    return True


def built_in() -> Iterator[StyleTile]:
    """Yields the styles that the engine paints itself."""
    for name, style in STYLES.items():
        path = str(builtin_style_choice.picture(name))
        small = GdkPixbuf.Pixbuf.new_from_file_at_scale(path, *THUMBNAIL, True)
        choice = StyleChoice(builtin=BuiltinStyle(name))
        yield StyleTile(_(style.label), _("built-in"), _(style.description), small, choice)


def _pixels(width: int, height: int) -> str:
    return _("{width} x {height} px").format(width=width, height=height)


def looks_like(style: StyleTile, layer: Any) -> bool:
    """Tells whether a style shows the same as a layer, as far as small pictures can tell."""
    if style.thumbnail is None:
        return False
    own = thumbnails.of(layer, thumbnails.SMALL)
    pictures = map(thumbnails.samples, (own, style.thumbnail))
    return thumbnails.difference(*pictures) < _ALIKE


def has_mask(layer: Any) -> bool:
    """Tells whether a layer mask says where the layer counts."""
    return bool(layer.is_layer() and layer.get_mask() is not None and layer.get_apply_mask())


def with_children(layers: list[Any]) -> Iterator[Any]:
    """Yields layers, and those in groups after their group."""
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from with_children(layer.get_children())
