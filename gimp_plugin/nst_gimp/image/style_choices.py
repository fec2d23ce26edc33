"""Where a style may come from: layers of open images, picture files, and the engine's painters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gi.repository import GdkPixbuf, Gimp, GLib

from nst_contract.builtin_style_names import STYLES
from nst_contract.protocol.requests import BuiltinStyle
from nst_gimp.image import builtin_style_choice
from nst_gimp.text.i18n import _

# Width and height of a small picture, in pixels.
THUMBNAIL = (104, 78)
# Two pictures look alike if, made so small, their samples (0 to 255) differ by less on average.
_VERY_SMALL = 16
_ALIKE = 4
_CHECKS = Gimp.PixbufTransparency.SMALL_CHECKS


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

    def in_palette(self, palette: str) -> StyleChoice:
        """Returns it in a palette, which counts for built-in styles alone."""
        if self.builtin is None:
            return self
        return replace(self, builtin=replace(self.builtin, palette=palette))

    def put(self, config: Any) -> None:
        """Names it in the arguments."""
        config.set_property("style-layer", self.layer)
        config.set_property("style-file", self.file)
        builtin_style_choice.choose(config, self.builtin)


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


def chosen(config: Any) -> StyleChoice | None:
    """Returns the layer that the arguments name, or else the file, or else the built-in style."""
    layer, file = config.get_property("style-layer"), config.get_property("style-file")
    if layer is not None and layer.is_valid():
        return StyleChoice(layer=layer)
    if file is not None:
        return StyleChoice(file=file)
    builtin = builtin_style_choice.chosen(config)
    return None if builtin is None else StyleChoice(builtin=builtin)


def of_open_images(content: Any) -> Iterator[StyleTile]:
    """Yields all layers there are except the content: first those of its own image."""
    own = content.get_image()
    others = [image for image in Gimp.get_images() if image.get_id() != own.get_id()]
    for image in (own, *others):
        for layer in with_children(image.get_layers()):
            if layer.get_id() != content.get_id():
                place = "" if image is own else image.get_name()
                yield of_layer(layer, place)


def of_layer(layer: Any, place: str) -> StyleTile:
    """Returns a layer as a style."""
    size = layer.get_width(), layer.get_height()
    picture = _thumbnail(layer)
    return StyleTile(
        layer.get_name(), place, _pixels(*size), picture, StyleChoice(layer=layer), size
    )


def of_file(file: Any) -> StyleTile:
    """Returns a picture file as a style; one that only GIMP can read has no small picture."""
    path = file.get_path() or ""
    try:
        _format, *size = GdkPixbuf.Pixbuf.get_file_info(path)
        small = GdkPixbuf.Pixbuf.new_from_file_at_scale(path, *THUMBNAIL, True)
    except GLib.Error:
        size, small = [0, 0], None
    known = (size[0], size[1]) if all(size) else None
    about = _pixels(*size) if known else _("of unknown size")
    return StyleTile(file.get_basename(), _("a file"), about, small, StyleChoice(file=file), known)


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
    own, other = _samples(_thumbnail(layer)), _samples(style.thumbnail)
    difference = sum(abs(a - b) for a, b in zip(own, other, strict=True)) / len(own)
    return difference < _ALIKE


def _samples(picture: Any) -> list[int]:
    """Returns red, green and blue of a picture made very small."""
    small = picture.scale_simple(_VERY_SMALL, _VERY_SMALL, GdkPixbuf.InterpType.BILINEAR)
    pixels, row, channels = small.get_pixels(), small.get_rowstride(), small.get_n_channels()
    return [
        pixels[y * row + x * channels + channel]
        for y in range(_VERY_SMALL)
        for x in range(_VERY_SMALL)
        for channel in range(3)
    ]


def _thumbnail(layer: Any) -> Any:
    return layer.get_thumbnail(*THUMBNAIL, _CHECKS)


def with_children(layers: list[Any]) -> Iterator[Any]:
    """Yields layers, and those in groups after their group."""
    for layer in layers:
        yield layer
        if layer.is_group():
            yield from with_children(layer.get_children())
