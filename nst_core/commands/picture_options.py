"""Options that name the pictures of a run, and what belongs to each of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nst_contract.errors import BAD_SETTING, NstError

if TYPE_CHECKING:
    from nst_contract.settings import Settings
    from nst_core.pictures.inputs import Inputs
    from nst_core.pictures.painting_record import PaintingRecord
    from nst_core.pictures.picture import Array, Picture

T = TypeVar("T")

# Stands for a style without a mask among others that have one.
NO_MASK = "none"


def add_pictures(parser: argparse.ArgumentParser) -> None:
    """Adds the options of one content with its styles."""
    parser.add_argument("content", type=Path, metavar="CONTENT", help="the photograph")
    add_styles(parser)
    parser.add_argument(
        "--style-weights", metavar="X,...",
        help="how much each of several styles counts, in their order (default: all equally)",
    )  # fmt: skip
    parser.add_argument(
        "--style-scales", metavar="X,...",
        help="how large the strokes of each style are, times --style-scale (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--style-mask", type=Path, metavar="FILE", action="append", default=[], dest="style_masks",
        help="a picture that is white where a style is to be painted; once for each style, in "
        f"their order, or {NO_MASK}: wherever the other masks leave room",
    )  # fmt: skip
    parser.add_argument(
        "--mask", type=Path, metavar="FILE",
        help="a picture that is white where to paint; the rest is left as it is",
    )  # fmt: skip
    parser.add_argument(
        "--strength-mask", type=Path, metavar="FILE",
        help="a picture that says how far each place is painted, with the style loss neighbors: "
        "white in full, black not at all",
    )  # fmt: skip
    parser.add_argument(
        "--start-from", type=Path, metavar="FILE",
        help="the picture to start from; --start picture is then implied",
    )  # fmt: skip


def add_styles(parser: argparse.ArgumentParser) -> None:
    """Adds the styles, which are files or built in."""
    parser.add_argument(
        "styles", metavar="STYLE", nargs="+",
        help="the painting: a file, or builtin:NAME (see nst styles)",
    )  # fmt: skip


def files_of(options: argparse.Namespace) -> list[tuple[str, Path]]:
    """Returns what the picture files that the options name are ("the content"), and their paths."""
    from nst_core.commands import style_sources

    masks = [path for path in options.style_masks if str(path) != NO_MASK]
    whole = {
        "the mask": options.mask,
        "the strength mask": options.strength_mask,
        "the picture to start from": options.start_from,
    }
    return [
        ("the content", options.content),
        *(("a style", path) for path in style_sources.files(options.styles)),
        *(("a style's mask", path) for path in masks),
        *((what, path) for what, path in whole.items() if path),
    ]


def read_inputs(
    options: argparse.Namespace, settings: Settings, record: PaintingRecord | None = None
) -> Inputs:
    """Reads the pictures that the options name, and paints those that are built in.

    Args:
        options: the command line's.
        settings: of the run: built-in styles are painted as large as they will be looked at.
        record: of an earlier result, which gives the styles' weights and scales where the options
            do not; one of another number of styles does not count.

    Raises:
        NstError: if a file cannot be read, or the options do not fit the number of styles.
    """
    from nst_core.commands import style_sources
    from nst_core.networks import machine_memory
    from nst_core.pictures import picture_files
    from nst_core.pictures.inputs import Inputs, Style
    from nst_core.scales.scale_sizes import largest_side, side_of_content

    def read_mask(path: Path) -> Picture | None:
        whole = machine_memory.budget_for_pictures(settings)
        return None if str(path) == NO_MASK else picture_files.read(path, most=whole)

    found = [style_sources.parse(text) for text in options.styles]
    count = len(found)
    weights = _numbers("style-weights", options.style_weights, _recorded(record, "weight", count))
    scales = _numbers("style-scales", options.style_scales, _recorded(record, "scale", count))
    masks = _for_each("style-mask", options.style_masks, [None] * count, read_mask)
    most = machine_memory.budget_for_pictures(settings)
    is_masked = bool(options.mask or options.style_masks)
    side = side_of_content(settings, is_masked=is_masked)
    content = picture_files.read(options.content, side, most)
    most -= content.rgb.nbytes
    mask = read_mask(options.mask) if options.mask else None
    strength_mask = read_mask(options.strength_mask) if options.strength_mask else None
    return Inputs(
        content,
        [
            Style(source.picture(content, settings, scale), weight, scale, _as_mask(style_mask))
            for source, weight, scale, style_mask in zip(found, weights, scales, masks, strict=True)
        ],
        _as_mask(mask),
        picture_files.read(options.start_from, largest_side(settings), most)
        if options.start_from
        else None,
        _as_mask(strength_mask),
        [
            caution
            for picture in (*masks, mask, strength_mask)
            if picture is not None
            for caution in picture.cautions
        ],
    )


def _recorded(record: PaintingRecord | None, name: str, count: int) -> list[float]:
    """Returns a number of each recorded style; 1 for each if there is no record of so many."""
    if record is None or len(record.styles) != count:
        return [1.0] * count
    return [style.get(name, 1.0) for style in record.styles]


def _numbers(name: str, text: str | None, otherwise: Sequence[float]) -> list[float]:
    return _for_each(name, text.split(",") if text else [], otherwise, _number(name))


def _number(name: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise NstError(
                BAD_SETTING, f"{name} has {text!r}, which is not a number.", "Write it as in 1,0.5."
            ) from error

    return read


def _for_each(
    name: str, given: Sequence[str | Path], otherwise: Sequence[T], read: Callable[..., T]
) -> list[T]:
    """Returns a value for each style: all must be given, or none."""
    count = len(otherwise)
    if not given:
        return list(otherwise)
    if len(given) != count:
        raise NstError(
            BAD_SETTING,
            f"{name} has {len(given)} values for {count} style{'s' if count > 1 else ''}.",
            "Give one for each style, in their order.",
        )
    return [read(value) for value in given]


def _as_mask(picture: Picture | None) -> Array | None:
    return None if picture is None else picture.as_mask()
