"""``nst styles``: lists the built-in styles, and paints them to files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nst_contract.builtin_style_names import PALETTES, STYLES
from nst_contract.errors import BAD_SETTING, NstError
from nst_core.builtin_styles import USUAL
from nst_core.reporting import streams
from nst_core.reporting.reporter import Reporter, for_output

if TYPE_CHECKING:
    from nst_core.builtin_styles.palettes import Palette

# So large that strokes are seen, and a sheet of them fits on a screen.
_SHEET_SIZE = 320


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = (
        "Lists the built-in styles; with NAME paints one to a file. Wherever a command takes a "
        "STYLE, builtin:NAME is one too, as in builtin:swirls,palette=sunset,seed=3; the palette "
        "'content' has the photograph's colours."
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="the style to paint")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to paint it")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="paint all of them on one sheet")
    parser.add_argument(
        "--size", type=int, metavar="N",
        help=f"pixels along each side (default: {USUAL}; on a sheet {_SHEET_SIZE} for each)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, metavar="N", default=0,
        help="another one gives another picture (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--palette", metavar="NAME", help="colours other than the style's own")
    parser.add_argument(
        "--palette-from", type=Path, metavar="PHOTO", help="the colours of this picture"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, reporter: Reporter) -> int:
    """Prints the list, or paints; the exit code is 0."""
    if options.sheet and (options.name or options.output):
        raise NstError(BAD_SETTING, "A sheet shows all styles.", "Leave NAME and --output out.")
    if bool(options.name) != bool(options.output):
        raise NstError(
            BAD_SETTING,
            f"--output is missing for {options.name}." if options.name else "NAME is missing.",
            "Give both, as in: nst styles swirls -o swirls.png",
        )
    file = options.output or options.sheet
    if not file:
        streams.say(_list())
        return 0
    sys.stdout.write(f"{for_output(str(_paint(options, file, reporter)))}\n")
    return 0


def _paint(options: argparse.Namespace, file: Path, reporter: Reporter) -> Path:
    from nst_core.builtin_styles.gallery import check_size, paint
    from nst_core.builtin_styles.sheet import paint_sheet, sides_of
    from nst_core.commands import kept_files
    from nst_core.pictures import picture_files, result_files

    picture_files.check_writable(file)
    photo = options.palette_from
    kept_files.check(
        [("the picture", file)], [("the palette's photograph", photo)] if photo else []
    )
    size = (_SHEET_SIZE if options.sheet else USUAL) if options.size is None else options.size
    check_size(size)
    for caution in result_files.check(file, sides_of(size) if options.sheet else (size, size)):
        reporter(caution)
    palette = _palette(options)
    picture = (
        paint_sheet(size, seed=options.seed, palette=palette)
        if options.sheet
        else paint(options.name, size, seed=options.seed, palette=palette)
    )
    picture_files.write(picture, file)
    return file


def _palette(options: argparse.Namespace) -> Palette | None:
    if options.palette and options.palette_from:
        raise NstError(
            BAD_SETTING, "Two palettes are given.", "Leave --palette or --palette-from out."
        )
    if options.palette:
        from nst_core.builtin_styles.gallery import find_palette

        return find_palette(options.palette)
    if options.palette_from:
        from nst_core.builtin_styles.content_palette import palette_of
        from nst_core.networks import machine_memory
        from nst_core.pictures import picture_files

        picture = picture_files.read(options.palette_from, most=machine_memory.budget(0.0))
        picture.check_visible("palette")
        return palette_of(picture)
    return None


def _list() -> str:
    width = max(map(len, STYLES))
    lines = [
        f"{name:{width}}  {style.description} (palette {style.palette})"
        for name, style in STYLES.items()
    ]
    palettes = ", ".join(PALETTES)
    own = "In builtin:NAME,palette=content they are the photograph's own colours."
    return "\n".join((*lines, "", f"Palettes: {palettes}", own, ""))
