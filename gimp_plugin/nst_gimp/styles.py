"""Where a style may come from: layers of open images, and picture files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gi.repository import GdkPixbuf, Gimp, GLib

from nst_gimp.i18n import _

# Width and height of a small picture, in pixels.
THUMBNAIL = (104, 78)
# Two pictures look alike if, made so small, their samples (0 to 255) differ by less on average.
_VERY_SMALL = 16
_ALIKE = 4
_CHECKS = Gimp.PixbufTransparency.SMALL_CHECKS


@dataclass(frozen=True, eq=False)
class Style:
    """A painting that can be chosen.

    Attributes:
        name: what it is called.
        place: where it comes from; "" if that is the content's own image.
        size: width and height in pixels.
        thumbnail: a small picture (a GdkPixbuf).
        layer, file: one of them; the other is None.
    """

    name: str
    place: str
    size: tuple[int, int]
    thumbnail: Any
    layer: Any = None
    file: Any = None

    def is_chosen(self, config: Any) -> bool:
        """Tells whether the arguments name this style."""
        layer, file = chosen(config)
        if layer is not None:
            return self.layer is not None and bool(self.layer.get_id() == layer.get_id())
        return file is not None and self.file is not None and bool(file.equal(self.file))

    def choose(self, config: Any) -> None:
        """Names this style in the arguments."""
        config.set_property("style-layer", self.layer)
        config.set_property("style-file", self.file)

    def describe(self) -> str:
        """Returns name, place and size in one line."""
        text = _('"{name}" of {place}, {width} x {height} px')
        if not self.place:
            text = _('"{name}", {width} x {height} px')
        return text.format(
            name=self.name, place=self.place, width=self.size[0], height=self.size[1]
        )


def chosen(config: Any) -> tuple[Any, Any]:
    """Returns the layer that the arguments name, or else the file; both None if neither."""
    layer, file = config.get_property("style-layer"), config.get_property("style-file")
    if layer is not None and not layer.is_valid():
        layer = None
    return (layer, None) if layer is not None else (None, file)


def of_open_images(content: Any) -> Iterator[Style]:
    """Yields all layers there are except the content: first those of its own image."""
    own = content.get_image()
    others = [image for image in Gimp.get_images() if image.get_id() != own.get_id()]
    for image in (own, *others):
        for layer in with_children(image.get_layers()):
            if layer.get_id() != content.get_id():
                place = "" if image is own else image.get_name()
                yield of_layer(layer, place)


def of_layer(layer: Any, place: str) -> Style:
    """Returns a layer as a style."""
    size = layer.get_width(), layer.get_height()
    return Style(layer.get_name(), place, size, _thumbnail(layer), layer=layer)


def of_file(file: Any) -> Style:
    """Returns a picture file as a style; one that only GIMP can read has no small picture."""
    path = file.get_path() or ""
    try:
        _format, width, height = GdkPixbuf.Pixbuf.get_file_info(path)
        small = GdkPixbuf.Pixbuf.new_from_file_at_scale(path, *THUMBNAIL, True)
    except GLib.Error:
        width, height, small = 0, 0, None
    return Style(file.get_basename(), _("a file"), (width, height), small, file=file)


def looks_like(style: Style, layer: Any) -> bool:
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
