"""The pictures of a request, read from its folder or painted by the built-in styles."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from nst_contract.builtin_style_names import CONTENT
from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.messages import Message
from nst_contract.protocol.requests import BuiltinStyle, Raster, Request, StyleRequest
from nst_contract.settings import Settings
from nst_core.builtin_styles import LARGEST, small_pictures
from nst_core.commands import style_sources
from nst_core.pictures import rasters
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture, Size

_T = TypeVar("_T")
# How many pictures of earlier sketches are kept: those of a gallery, and then some. They are small.
_KEPT = 24
_MOST_BYTES = 2**24


class RequestPictures:
    """Reads the pictures of a request.

    Args:
        folder: holds the rasters' files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def inputs(self, request: Request, settings: Settings) -> Inputs:
        """Returns all that a run needs.

        Args:
            request: names the rasters and the styles.
            settings: how it is painted, and thus how large built-in styles have to be.

        Raises:
            NstError: (bad-request) if a file is not what its raster says; (bad-setting) or
                (bad-input) if a style cannot be painted in this way.
        """
        content = self.picture(request.content)
        return Inputs(
            content,
            [self._style(source, content, settings) for source in request.styles],
            self._mask(request.mask),
            self.picture(request.start) if request.start else None,
            self._mask(request.strength_mask),
        )

    def picture(self, raster: Raster) -> Picture:
        """Reads a picture."""
        return rasters.read(self._folder, raster)

    def builtin(
        self, asked: BuiltinStyle, content: Picture, settings: Settings, scale: float
    ) -> Picture:
        """Paints a built-in style for a photograph."""
        return style_sources.builtin(asked).picture(content, settings, scale)

    def _style(self, source: StyleRequest, content: Picture, settings: Settings) -> Style:
        asked = source.picture
        if isinstance(asked, BuiltinStyle):
            picture = self.builtin(asked, content, settings, source.scale)
        else:
            picture = self.picture(asked)
        return Style(picture, source.weight, source.scale, self._mask(source.mask))

    def _mask(self, raster: Raster | None) -> Array | None:
        return rasters.read_mask(self._folder, raster) if raster else None


class SketchPictures(RequestPictures):
    """Reads the pictures of one sketch after the other: what has not changed is the same object."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._kept: OrderedDict[Hashable, Picture] = OrderedDict()

    def turn_to(self, folder: Path) -> None:
        """Goes on in another folder."""
        self._folder = folder

    def picture(self, raster: Raster) -> Picture:
        path = self._folder / raster.file
        size = path.stat().st_size if path.is_file() else -1
        if size != raster.size_in_bytes or size > _MOST_BYTES:
            return super().picture(raster)  # which says what is wrong, if anything is
        digest = hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        key = digest, raster.width, raster.height, raster.sample, raster.name
        return self._keep(key, lambda: super(SketchPictures, self).picture(raster))

    def builtin(
        self, asked: BuiltinStyle, content: Picture, settings: Settings, scale: float
    ) -> Picture:
        source = style_sources.builtin(asked)
        side = source.side((content.width, content.height), settings, scale)
        if side <= small_pictures.SIDE and (asked.palette, asked.seed) == ("", 0):
            return self._keep(
                asked, lambda: replace(small_pictures.read(asked.style), name=source.name)
            )
        key = asked, side, content if asked.palette == CONTENT else None
        painted = super().builtin
        return self._keep(key, lambda: painted(asked, content, settings, scale))

    def _keep(self, key: Hashable, make: Callable[[], Picture]) -> Picture:
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]


def size_of(style: StyleRequest) -> Size:
    """Returns width and height of a style; of a built-in one, the largest that it can have."""
    if isinstance(style.picture, BuiltinStyle):
        return LARGEST, LARGEST
    return style.picture.width, style.picture.height


def check_names(request: Request, written: tuple[str, ...]) -> None:
    """Raises NstError if a raster that is read has a name that one may be written under.

    Args:
        request: names what is read.
        written: beginnings of the names of what will be written.
    """
    pictures = [style.picture for style in request.styles] + [request.content, request.start]
    masks = [style.mask for style in request.styles] + [request.mask, request.strength_mask]
    for raster in (*pictures, *masks):
        if isinstance(raster, Raster) and raster.file.startswith(written):
            raise NstError(
                BAD_REQUEST,
                Message("{file} would be replaced by what the worker writes.", file=raster.file),
                Message(
                    "Give it a name that does not begin with {names}.", names=", ".join(written)
                ),
            )
