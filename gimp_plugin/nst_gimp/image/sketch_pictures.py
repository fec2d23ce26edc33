"""What a sketch is made of: the pictures of a run, read small, and only when they have changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gi.repository import Gimp

from nst_contract.protocol.requests import Raster, Request, StyleRequest
from nst_contract.settings import SPECS
from nst_gimp.image import layers, pixels, strength_mask, style_pixels
from nst_gimp.image.pixels import Area, PixelFormat
from nst_gimp.image.style_choices import StyleChoice

# Long side, in pixels, of the pictures: no sketch is larger, and faces are still found.
SIDE = 512
# Of the arguments, this one is GIMP's own, and another object whenever it is asked for.
_PROCEDURE = "procedure"
_SELECTED = PixelFormat("Y u8", 1)


class SketchPictures:
    """The pictures of one dialog's sketches.

    Args:
        config: the procedure's arguments.
        content, area: what is painted, and which part of it.
        folder: for the files.
    """

    def __init__(self, config: Any, content: Any, area: Area, folder: Path) -> None:
        self._config = config
        self._content = content
        self._area = area
        self._folder = folder
        self._request: Request | None = None
        self._key: object = None
        self._content_raster: Raster | None = None
        self._styles: dict[str, StyleRequest] = {}

    def is_there(self) -> bool:
        """Tells whether what is painted has neither been removed nor closed with its image."""
        return bool(self._content.is_valid())

    def request(self) -> Request:
        """Returns a request for what is chosen, without its settings.

        Raises:
            NstError: (bad-input) if no style is chosen, or what is chosen is gone or cannot
                be read.
            OSError: if the disk is full.
        """
        problem = style_pixels.problem_with(self._config)
        if problem is not None:
            raise problem
        key = self._chosen()
        if self._request is None or key != self._key:
            with pixels.at_most(SIDE):
                self._request = self._read()
            self._key = key
        return self._request

    def request_in(self, choice: StyleChoice) -> Request:
        """Returns a request for the same photograph in the style of one choice alone."""
        with pixels.at_most(SIDE):
            content = self._read_content()
            style = self._read_choice(choice)
        return Request(str(self._folder), content, (style,))

    def photograph(self) -> tuple[bytes, int, int]:
        """Returns samples of R'G'B'A in 8 bits, width and height of what is painted."""
        with pixels.at_most(SIDE):
            raster = self._read_content()
        return (self._folder / raster.file).read_bytes(), raster.width, raster.height

    def selected(self) -> tuple[bytes, int, int] | None:
        """Returns how much of each pixel is selected, 0..255, width and height; None: nothing is,
        and so all is painted.
        """
        image = self._content.get_image()
        if Gimp.Selection.is_empty(image):
            return None
        _ok, x, y = self._content.get_offsets()
        area = self._area
        in_image = Area(area.x + x, area.y + y, area.width, area.height)
        (width, height), samples = pixels.small(image.get_selection(), in_image, SIDE, _SELECTED)
        return samples, width, height

    def _read(self) -> Request:
        config, folder, content, area = self._config, self._folder, self._content, self._area
        return Request(
            folder=str(folder),
            content=self._read_content(),
            styles=style_pixels.read(config, folder, content, area),
            start=style_pixels.read_start(config, folder, content, area),
            strength_mask=strength_mask.read(config, folder, content, area),
        )

    def _read_content(self) -> Raster:
        if self._content_raster is None:
            self._content_raster = layers.read(
                self._content, self._folder, "content.raw", self._area
            )
        return self._content_raster

    def _read_choice(self, choice: StyleChoice) -> StyleRequest:
        if choice.builtin is not None:
            return StyleRequest(choice.builtin)
        layer = choice.layer
        key = f"layer-{layer.get_id()}" if layer is not None else choice.file.get_uri()
        if key not in self._styles:
            name = f"tile-{len(self._styles)}.raw"
            loaded = layers.load_style(choice.file) if layer is None else layer
            try:
                raster = layers.read(loaded, self._folder, name)
            finally:
                if layer is None:
                    loaded.get_image().delete()
            self._styles[key] = StyleRequest(raster)
        return self._styles[key]

    def _chosen(self) -> object:
        """Returns all arguments that say which pictures count, to be compared."""
        found = []
        for argument in self._config.list_properties():
            if argument.name.replace("-", "_") not in (*SPECS, _PROCEDURE):
                value = self._config.get_property(argument.name)
                found.append((argument.name, _identity(value)))
        # A start counts only if it is asked for, and built-in styles are painted with the seed.
        return found, [self._config.get_property(name) for name in ("start", "seed")]


def _identity(value: Any) -> object:
    if hasattr(value, "get_id"):
        return value.get_id()
    return value.get_uri() if hasattr(value, "get_uri") else str(value)
