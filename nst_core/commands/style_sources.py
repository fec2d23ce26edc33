"""Where style pictures come from: files, and the built-in styles.

On the command line a style is a file, or ``builtin:NAME``, which takes options after commas:
``builtin:swirls,palette=sunset,seed=3``. The palette ``content`` has the photograph's colours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from nst_contract.builtin_style_names import CONTENT
from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.protocol.limits import shortened
from nst_contract.protocol.requests import BuiltinStyle
from nst_contract.setting_spec import check
from nst_contract.settings import SPECS, Settings
from nst_core.builtin_styles import LARGEST
from nst_core.builtin_styles.content_palette import palette_of
from nst_core.builtin_styles.gallery import check_seed, find_palette, find_style, paint
from nst_core.networks import machine_memory
from nst_core.pictures import picture_files, picture_sources
from nst_core.pictures.picture import Picture, Size
from nst_core.scales.scale_sizes import largest_side, scales

PREFIX = "builtin:"
_OPTIONS = ("palette", "seed")
_NOTATION = f"Write it as in {PREFIX}swirls,palette=sunset,seed=3."
# A smaller picture would show too little of its strokes.
_LEAST_SIDE = 256
# Large enough to tell one painter from another, and quickly painted.
_DIGEST_SIDE = 128


class StyleSource(Protocol):
    """Where a style picture comes from."""

    @property
    def name(self) -> str:
        """What people call it."""

    def check(self, settings: Settings) -> None:
        """Makes sure, before anything is painted, that there is something to see.

        Args:
            settings: how it will be painted.

        Raises:
            NstError: (bad-input) if not; (memory) if it is too large to be read.
        """

    def picture(self, content: Picture, settings: Settings, scale: float = 1.0) -> Picture:
        """Returns the style picture for a photograph.

        Args:
            content: the photograph.
            settings: how it will be painted.
            scale: size of this style's strokes, times that of the settings.

        Raises:
            NstError: (bad-input) if a file cannot be read as a picture, or the photograph is too
                small; (bad-setting) if a built-in style cannot be painted.
        """

    def digest(self) -> str:
        """Returns a checksum that differs for other pictures, whatever the photograph."""


@dataclass(frozen=True)
class FileSource:
    """A picture file."""

    path: Path
    # By the long side at which it will be looked at: photographs of a batch take the same.
    _read: dict[int, Picture] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.path.name

    def check(self, settings: Settings) -> None:
        self._picture(settings, 1.0, 0).check_visible("style")

    def picture(self, content: Picture, settings: Settings, scale: float = 1.0) -> Picture:
        return self._picture(settings, scale, content.rgb.nbytes)

    def _picture(self, settings: Settings, scale: float, held: int) -> Picture:
        side = largest_side(settings, settings.style_scale * scale)
        if side not in self._read:
            most = machine_memory.budget_for_pictures(settings) - held
            self._read[side] = picture_files.read(self.path, side, most)
        return self._read[side]

    def digest(self) -> str:
        data = picture_sources.content_of_pipe(self.path)
        return hashlib.sha256(self.path.read_bytes() if data is None else data).hexdigest()


@dataclass(frozen=True)
class BuiltinSource:
    """A built-in style.

    Attributes:
        name: the notation that it was asked for with.
        style: its name in the gallery.
        palette: the palette's name; "" for the style's own, "content" for the photograph's.
        seed: another one gives another picture.
    """

    name: str
    style: str
    palette: str
    seed: int

    def check(self, _settings: Settings) -> None:
        """There always is: its name and options were checked before."""

    def picture(self, content: Picture, settings: Settings, scale: float = 1.0) -> Picture:
        size = content.width, content.height
        side = self.side(size, settings, scale, name=content.called("content"))
        if self.palette != CONTENT:
            return _painted(self, side)
        content.check_visible("content")
        painted = paint(self.style, side, seed=self.seed, palette=palette_of(content))
        return Picture(painted.rgb, name=self.name)

    def side(
        self, content: Size, settings: Settings, scale: float = 1.0, *, name: str = "The content"
    ) -> int:
        """Returns the pixels along each side at which it will be looked at.

        Args:
            content: width and height of the photograph.
            settings: how it will be painted.
            scale: size of this style's strokes, times that of the settings.
            name: what the photograph is called, for messages.

        Raises:
            NstError: (bad-input) if the photograph is too small; (bad-setting) if the scale is
                out of range.
        """
        check(f"The scale of {self.name or self.style}", SPECS["style_scale"], 1.0, scale)
        own = LARGEST, LARGEST
        finest = scales(content, [own], settings, name=name, style_scales=[scale])[-1]
        return min(max(*finest.styles[0], _LEAST_SIDE), LARGEST)

    def digest(self) -> str:
        own = (
            BuiltinSource(self.name, self.style, "", self.seed) if self.palette == CONTENT else self
        )
        digest = hashlib.sha256(f"{self.style},{self.palette},{self.seed}".encode())
        digest.update(_painted(own, _DIGEST_SIDE).rgb.tobytes())
        return digest.hexdigest()


@lru_cache(maxsize=4)
def _painted(source: BuiltinSource, side: int) -> Picture:
    # The photographs of a batch mostly have one size.
    palette = find_palette(source.palette) if source.palette else None
    painted = paint(source.style, side, seed=source.seed, palette=palette)
    return Picture(painted.rgb, name=source.name)


def parse(text: str) -> StyleSource:
    """Returns the source that a text names: a file's path, or ``builtin:...``.

    Raises:
        NstError: (bad-setting) if there is no such built-in style or palette, or the seed is
            out of range.
    """
    if not text.startswith(PREFIX):
        return FileSource(Path(text))
    style, *given = text.removeprefix(PREFIX).split(",")
    options = dict(_option(text, part) for part in given)
    seed = _seed(text, options.get("seed", "0"))
    style, palette, name = map(shortened, (style, options.get("palette", ""), text))
    return builtin(BuiltinStyle(style, palette, seed, name))


def files(texts: Sequence[str]) -> list[Path]:
    """Returns the picture files among what texts name as :func:`parse` reads them."""
    return [Path(text) for text in texts if not text.startswith(PREFIX)]


def builtin(asked: BuiltinStyle) -> BuiltinSource:
    """Returns the built-in style that was asked for.

    Raises:
        NstError: (bad-setting) if there is no such style or palette, or the seed is out of range.
    """
    find_style(asked.style)
    if asked.palette not in ("", CONTENT):
        find_palette(asked.palette)
    check_seed(asked.seed)
    return BuiltinSource(asked.name, asked.style, asked.palette, asked.seed)


def _option(text: str, part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not value or name not in _OPTIONS:
        raise NstError(BAD_SETTING, f"{text} has {part!r}, which is not an option.", _NOTATION)
    return name, value


def _seed(text: str, value: str) -> int:
    if not value.isdecimal() or len(value) > 20:
        raise NstError(BAD_SETTING, f"{text} has the seed {value!r}.", "Give a whole number.")
    return int(value)
