"""What the plug-in sends to the engine: inquiries, sketches, one request, and commands."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from nst_contract import repairs
from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.messages import Message
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.limits import (
    LONGEST_PATH,
    MAX_SIDE,
    MAX_STYLES,
    are_settings,
    is_number,
    is_text,
    is_whole,
)
from nst_contract.settings import MIN_SIDE

# The private folder of a request bears this prefix: nothing else is ever removed by a worker.
FOLDER_PREFIX = "neural-style-"
# Samples as they lie in a file: little-endian, rows from the top, R'G'B'A interleaved, sRGB.
SAMPLE_BYTES = {"u8": 1, "u16": 2, "f32": 4}
CHANNELS = 4
MASK_CHANNELS = 1
# Names of files inside the folder. No path fits, and every file system takes them.
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LONGEST_REASON = 300


class Command(str, Enum):
    """What may be said to a worker: FINISH and CANCEL about the request, DROP about the sketch."""

    FINISH = "finish"
    CANCEL = "cancel"
    DROP = "drop"


@dataclass(frozen=True)
class Raster:
    """A picture in a file of raw samples.

    Attributes:
        file: name inside the request's folder, without any path.
        width, height: in pixels.
        sample: "u8" and "u16" span 0 to 255 and 0 to 65535, "f32" spans 0.0 to 1.0 and may
            leave it.
        channels: 4: red, green, blue (perceptual, sRGB) and straight alpha; 1: a mask.
        name: what people call the picture, for messages.
    """

    file: str
    width: int
    height: int
    sample: str
    channels: int = CHANNELS
    name: str = ""

    @property
    def size_in_bytes(self) -> int:
        return self.width * self.height * self.channels * SAMPLE_BYTES[self.sample]

    def __post_init__(self) -> None:
        sides = (self.width, self.height)
        if (
            not all(is_whole(side, 1, MAX_SIDE) for side in sides)
            or not isinstance(self.sample, str)
            or self.sample not in SAMPLE_BYTES
            or not is_whole(self.channels, 1)
            or self.channels not in (CHANNELS, MASK_CHANNELS)
            or not is_text(self.file)
            or not _FILE.fullmatch(self.file)
            or not is_text(self.name)
        ):
            raise _bad_request(f"a raster is described as {self}")


@dataclass(frozen=True)
class BuiltinStyle:
    """A style picture that the engine paints itself, as large as the run will look at it.

    Attributes:
        style: its name in :mod:`nst_contract.builtin_style_names`.
        palette: the palette's name; "" for the style's own, "content" for the photograph's.
        seed: another one gives another picture.
        name: what people call it, for messages.
    """

    style: str
    palette: str = ""
    seed: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        texts = (self.style, self.palette, self.name)
        if not all(map(is_text, texts)) or type(self.seed) is not int:
            raise _bad_request(f"a built-in style is described as {self}")


@dataclass(frozen=True)
class StyleRequest:
    """A style, and how it takes part; see :class:`nst_core.pictures.inputs.Style`.

    Attributes:
        picture: the painting.
        weight: against the other styles.
        scale: size of its strokes, times that of the settings.
        mask: where it is painted, a raster of one channel; None: wherever the masks of the other
            styles leave room.
    """

    picture: Raster | BuiltinStyle
    weight: float = 1.0
    scale: float = 1.0
    mask: Raster | None = None

    def __post_init__(self) -> None:
        numbers = (self.weight, self.scale)
        if (
            not isinstance(self.picture, (Raster, BuiltinStyle))
            or (isinstance(self.picture, Raster) and self.picture.channels != CHANNELS)
            or not all(map(is_number, numbers))
            or not _is_mask(self.mask)
        ):
            raise _bad_request(f"a style is described as {self}")

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> StyleRequest:
        """Reads what ``asdict`` made of a style."""
        return cls(
            **{
                **values,
                "picture": _picture(values["picture"]),
                "mask": _optional(values.get("mask")),
            }
        )


@dataclass(frozen=True)
class Request:
    """One stylization: the content, its styles, and how to paint.

    Attributes:
        folder: absolute path of the private folder that holds the rasters' files; the worker
            writes its result there and removes the folder when it is told to cancel.
        content: its width, height, sample type and alpha are those of the result.
        styles: one or more.
        mask: where to paint at all, a raster of one channel; None: everywhere.
        start: the picture to start from, if the settings say so.
        settings: values for :meth:`nst_contract.settings.Settings.from_dict` by name; what is
            not named keeps the preset's value.
        preview_seconds: least time between two previews; 0 asks for none.
        strength_mask: how far each place is painted, a raster of one channel; None: in full.
    """

    folder: str
    content: Raster
    styles: tuple[StyleRequest, ...]
    mask: Raster | None = None
    start: Raster | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    preview_seconds: float = 0.0
    strength_mask: Raster | None = None

    def __post_init__(self) -> None:
        if (
            not is_text(self.folder, LONGEST_PATH)
            or not are_settings(self.settings)
            or not is_number(self.preview_seconds, 0)
        ):
            raise _bad_request("its folder, settings or preview_seconds are not what they may be")
        if len(self.styles) > MAX_STYLES:
            raise _bad_request(f"it has {len(self.styles)} styles, and {MAX_STYLES} are the most")
        pictures = [self.content] if self.start is None else [self.content, self.start]
        masks = (self.mask, self.strength_mask)
        if any(raster.channels != CHANNELS for raster in pictures) or not all(map(_is_mask, masks)):
            raise _bad_request("a picture has the channels of a mask, or a mask those of a picture")

    def to_line(self) -> str:
        return json.dumps({"protocol": PROTOCOL, **asdict(self)}) + "\n"

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Request:
        """Reads what ``asdict`` made of a request."""
        content = Raster(**values.pop("content"))
        styles = tuple(map(StyleRequest.from_values, values.pop("styles")))
        for name in ("mask", "start", "strength_mask"):
            values[name] = _optional(values.get(name))
        return cls(content=content, styles=styles, **values)


@dataclass(frozen=True)
class Inquiry:
    """The question of what a run would take, answered by an :class:`Estimate`.

    Attributes:
        number: comes back with the answer.
        content: width and height, in pixels.
        styles: width and height of each, or which built-in style it is.
        settings: as in a :class:`Request`.
        masks: how many there will be; what is transparent is one, too.
        style_scales: of each style, as in a :class:`StyleRequest`; 1 if none are given.
    """

    number: int
    content: tuple[int, int]
    styles: tuple[tuple[int, int] | BuiltinStyle, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    masks: int = 0
    style_scales: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        sizes = [
            size for size in (self.content, *self.styles) if not isinstance(size, BuiltinStyle)
        ]
        if (
            not all(is_whole(side, 1, MAX_SIDE) for size in sizes for side in size)
            or any(len(size) != 2 for size in sizes)
            or not is_whole(self.number, 0)
            or not is_whole(self.masks, 0, 2 * MAX_STYLES)
            or not are_settings(self.settings)
            or not all(map(is_number, self.style_scales))
            or len(self.style_scales) not in (0, len(self.styles))
        ):
            raise _bad_request("its numbers, sizes or settings are not what they may be")
        if len(self.styles) > MAX_STYLES:
            raise _bad_request(f"it has {len(self.styles)} styles, and {MAX_STYLES} are the most")

    def to_line(self) -> str:
        return json.dumps({"protocol": PROTOCOL, "inquiry": asdict(self)}) + "\n"


@dataclass(frozen=True)
class Sketch:
    """The wish to see small what a request would give, answered by one ``Sketched`` after another.

    Attributes:
        number: comes back with the answers.
        request: its pictures may be small, too: nothing is painted larger than ``side``. Its
            ``preview_seconds`` are the least time between two answers.
        side: the long side, in pixels, that the sketch is not to exceed.
        seconds: how long it may take on this machine; the sketch is made as small as that wants.
    """

    number: int
    request: Request
    side: int
    seconds: float

    def __post_init__(self) -> None:
        if (
            not is_whole(self.number, 0)
            or not isinstance(self.request, Request)
            or not is_whole(self.side, MIN_SIDE, MAX_SIDE)
            or not is_number(self.seconds, 0)
        ):
            raise _bad_request("a sketch's number, side or seconds are not what they may be")

    def to_line(self) -> str:
        return json.dumps({"protocol": PROTOCOL, "sketch": asdict(self)}) + "\n"


# Whatever is not a command.
Asked = Request | Inquiry | Sketch


def parse(line: str) -> Asked:
    """Reads what a worker is asked.

    Raises:
        NstError: (bad-request) if the line is nothing that can be asked in this protocol.
    """
    try:
        return _from_message(json.loads(line))
    # What is nested too deeply is a RecursionError, wherever that comes from.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _bad_request(f"{type(error).__name__}: {error}") from error


def _from_message(message: dict[str, Any]) -> Asked:
    _check_version(message.pop("protocol"))
    if "inquiry" in message:
        return _inquiry(message["inquiry"])
    if "sketch" in message:
        values = message["sketch"]
        return Sketch(request=Request.from_values(values.pop("request")), **values)
    return Request.from_values(message)


def _inquiry(values: dict[str, Any]) -> Inquiry:
    content = tuple(values.pop("content"))
    styles = tuple(
        BuiltinStyle(**style) if isinstance(style, dict) else tuple(style)
        for style in values.pop("styles")
    )
    scales = tuple(values.pop("style_scales", ()))
    return Inquiry(content=content, styles=styles, style_scales=scales, **values)


def _check_version(version: Any) -> None:
    if version != PROTOCOL:
        raise _bad_request(f"it speaks protocol {version}, not {PROTOCOL}")


def _optional(values: dict[str, Any] | None) -> Raster | None:
    return None if values is None else Raster(**values)


def _picture(values: dict[str, Any]) -> Raster | BuiltinStyle:
    return BuiltinStyle(**values) if "style" in values else Raster(**values)


def _is_mask(raster: Raster | None) -> bool:
    return raster is None or raster.channels == MASK_CHANNELS


def _bad_request(why: str) -> NstError:
    return NstError(
        BAD_REQUEST,
        Message(
            "The engine was asked for something it does not understand: {why}.",
            why=why[:_LONGEST_REASON],
        ),
        repairs.SAME_VERSION,
    )
