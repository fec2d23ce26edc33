"""Opens picture files, whatever they are called, and explains what is wrong with those that won't.

Files and pipes, and ``-`` for standard input. libvips decodes nearly everything; what it would read
wrongly or not at all is prepared here: see :mod:`nst_core.pictures.tiff_pages`.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np
import pyvips
from PIL import Image

from nst_contract.errors import BAD_INPUT, MEMORY, NstError, first_line
from nst_core.pictures import about, completeness, heif_colors, png_chunks, png_colors, tiff_pages
from nst_core.pictures.about import SAYS_NOTHING, About
from nst_core.pictures.code_points import StatedColors
from nst_core.storage import file_kinds
from nst_core.storage.disk_errors import NO_SUCH_FILE, reading_error

STANDARD_INPUT = "-"
# What is read, by the endings that batches look for; what libvips may lack is asked below.
_ALWAYS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".gif", ".bmp")
_MOST_FROM_A_PIPE = 2**31
_COPY = "Copy it again from where it came from."


@dataclass(frozen=True)
class Opened:
    """A picture file in use.

    Attributes:
        image: its pixels, to be computed when they are needed; of a format that libvips does not
            know only their size.
        tiff: how to understand them, if it is a TIFF file.
        colors: what the file says of its colours without an ICC profile; None for nothing.
        about: what it says about itself.
        decode: decodes what libvips does not know; None where it does.
    """

    image: pyvips.Image
    tiff: tiff_pages.Page | None = None
    colors: StatedColors | None = None
    about: About = SAYS_NOTHING
    decode: Callable[[], pyvips.Image] | None = None

    def pixels(self) -> pyvips.Image:
        """Returns its pixels; only now are those decoded that libvips does not know."""
        return self.decode() if self.decode else self.image


@lru_cache(maxsize=1)
def suffixes() -> tuple[str, ...]:
    """Returns the endings of the names of files that can be read, in lower case."""
    built = {suffix.lower() for suffix in pyvips.base.get_suffixes()}
    return (*_ALWAYS, *(suffix for suffix in (".avif", ".heic", ".heif") if suffix in built))


def formats() -> str:
    """Returns the formats that can be read, as messages list them."""
    return ", ".join(suffix[1:] for suffix in suffixes())


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Opens a picture file, and explains any failure while it is in use.

    Args:
        path: a file or a pipe; "-" for standard input.

    Raises:
        NstError: (bad-input) if there is no such file, it may not be read, or it is no picture that
            can be read; (memory) if it is too large.
    """
    data = content_of_pipe(path)
    try:
        with io.BytesIO(data) if data is not None else path.open("rb") as file:
            kind = file_kinds.kind_of(file.read(file_kinds.HEAD))
            _refuse_what_is_no_picture(path, kind)
            with _explained(path, kind, file):
                yield _load(path, kind, file, data)
    except MemoryError as error:
        raise NstError(
            MEMORY,
            f"{path} is too large to be read into memory.",
            "Make a smaller copy of it, or close other programs.",
        ) from error
    except OSError as error:
        raise _not_opened(path, error) from error


def content_of_pipe(path: Path) -> bytes | None:
    """Returns everything that comes through a pipe or standard input; None for an ordinary file.

    It comes only once, so it is kept for whoever asks again.

    Raises:
        NstError: (bad-input) if nothing comes, or it is a device or a folder.
    """
    if str(path) == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.isatty():
            raise NstError(
                BAD_INPUT,
                f"Standard input (-) is {'a terminal' if sys.stdin else 'closed'}.",
                "Name a file, or send a picture through a pipe.",
            )
        return _received(path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _not_opened(path, error) from error
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return _received(path)
    what = "a folder" if stat.S_ISDIR(mode) else "a device"
    raise NstError(
        BAD_INPUT, f"There is no picture file {path}: it is {what}.", "Name a picture in a file."
    )


@lru_cache(maxsize=16)
def _received(path: Path) -> bytes:
    try:
        if str(path) == STANDARD_INPUT:
            data = sys.stdin.buffer.read(_MOST_FROM_A_PIPE)
        else:
            with path.open("rb") as pipe:
                data = pipe.read(_MOST_FROM_A_PIPE)
    except OSError as error:
        raise _not_opened(path, error) from error
    if len(data) in (0, _MOST_FROM_A_PIPE):
        raise NstError(
            BAD_INPUT,
            f"{_called(path)} has sent {'too much' if data else 'nothing'}.",
            "Look at the program that sends the picture, or save the picture in a file.",
        )
    return data


def _called(path: Path) -> str:
    return "Standard input (-)" if str(path) == STANDARD_INPUT else f"The pipe {path}"


def _not_opened(path: Path, error: OSError | ValueError) -> NstError:
    """Returns the error of a file that cannot even be opened."""
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.EACCES, errno.EPERM):
        return NstError(
            BAD_INPUT,
            f"You have no permission to read {path}.",
            "Change the permissions of the file or of its folder, or choose another picture.",
        )
    if number is None or number in NO_SUCH_FILE:
        return NstError(
            BAD_INPUT, f"There is no picture file {path}.", "Check the spelling of its name."
        )
    assert isinstance(error, OSError)  # noqa: S101 (others have no number)
    return reading_error(path, error)


def _refuse_what_is_no_picture(path: Path, kind: str) -> None:
    """Raises NstError for a file that is known to be something else."""
    if kind == file_kinds.GIT_LFS:
        advice = "Fetch the picture itself with: git lfs pull"
    elif kind == file_kinds.WEB_PAGE:
        advice = "Download the picture itself instead of the page that shows it."
    elif kind == file_kinds.RAW:
        advice = "Develop it with a program for raw photographs, and save it as TIFF or JPEG."
    elif kind == file_kinds.EMPTY:
        advice = _COPY
    else:
        return
    what = _not_decoded(kind)
    raise NstError(BAD_INPUT, f"{path} {what}.", advice)


@contextlib.contextmanager
def _explained(path: Path, kind: str, file: IO[bytes]) -> Iterator[None]:
    """Turns what libvips and Pillow say into what is wrong with the file."""
    try:
        yield
    except (pyvips.Error, ValueError) as error:
        detail = what(error)
        if "out of memory" in detail:
            raise MemoryError from error
        rare = tiff_pages.rare_compression(file) if kind == "TIFF" else ""
        if rare and "ompression" in detail:
            raise NstError(
                BAD_INPUT,
                f"{path} is compressed with {rare}, which the installed libvips cannot read.",
                "Save it with the compression LZW or Deflate, or with none.",
            ) from error
        if kind not in _DECODED:
            raise NstError(
                BAD_INPUT,
                f"{path} {_not_decoded(kind)}.",
                f"Choose a picture in one of these formats: {formats()}.",
            ) from error
        if kind == "HEIC" and not completeness.is_cut_off(file, kind):
            raise NstError(
                BAD_INPUT,
                f"{path} is a HEIC picture, which the installed libvips cannot decode ({detail}).",
                "Save it as JPEG or PNG.",
            ) from error
        if completeness.is_cut_off(file, kind):
            fault = f"{path} is incomplete: this {kind} picture ends too early ({detail})."
        else:
            fault = f"{path} is damaged: this {kind} picture cannot be decoded ({detail})."
        raise NstError(BAD_INPUT, fault, _COPY) from error


def _not_decoded(kind: str) -> str:
    if not kind:
        return "cannot be read as a picture: its format is unknown"
    if kind[0].islower():
        return f"cannot be read as a picture: it is {kind}"
    return f"is {file_kinds.named(kind)}, a format that cannot be read"


# Formats for which a failure means that the file is damaged, not that nobody can read it.
_DECODED = ("PNG", "JPEG", "TIFF", "WebP", "GIF", "BMP", "AVIF", "HEIC")


def what(error: Exception) -> str:
    """Returns what libvips or another says, in one line and once."""
    text = error.detail or error.message if isinstance(error, pyvips.Error) else str(error)
    lines = [line for line in dict.fromkeys(map(str.strip, str(text).splitlines())) if line]
    # Its attempts to find the end of a short file say nothing to anybody.
    telling = [line for line in lines if "bad seek" not in line] or ["it ends too early"]
    return "; ".join(telling)[:200]


def _load(path: Path, kind: str, file: IO[bytes], data: bytes | None) -> Opened:
    if data is None and not _is_opened_by_name(path):
        file.seek(0)
        data = file.read()
    if kind == "BMP":
        return _bmp(file)
    if kind == "TIFF":
        page = tiff_pages.find(path, file)
        image = _decoded(path, data if page.data is None else page.data, **page.options)
        return Opened(image, page, about=about.of_image(image).or_else(page.about))
    image = _decoded(path, data)
    said = about.of_image(image)
    if kind == "PNG":
        said = said.or_else(about.of_png_texts(png_chunks.texts(file)))
        return Opened(image, None, png_colors.stated_colors(file), said)
    if kind in ("AVIF", "HEIC"):
        return Opened(_in_full_range(image), None, heif_colors.stated_colors(file), said)
    return Opened(image, about=said)


def _in_full_range(image: pyvips.Image) -> pyvips.Image:
    """Returns a picture whose white is 65535: of 10 or 12 bits, libvips fills the rest with 0."""
    bits = image.get("bits-per-sample") if image.get_typeof("bits-per-sample") else 16
    if image.format != "ushort" or not 8 < bits < 16:
        return image
    return image.linear(65535 / ((2**bits - 1) << (16 - bits)), 0.5).cast("ushort")


def _is_opened_by_name(path: Path) -> bool:
    """Tells whether libvips opens this very file by its name.

    It encodes all names in UTF-8, and takes what stands in brackets at the end for options.
    """
    name = str(path)
    try:
        return os.fsencode(path) == name.encode() and not name.endswith("]")
    except UnicodeEncodeError:
        return False


def _decoded(path: Path, data: bytes | None, **options: int) -> pyvips.Image:
    # With "truncated", the missing half of a TIFF would be read as black. libvips caches
    # pictures by file name; revalidate keeps it from returning an older file's picture.
    # In sequence, no more than a few rows are decoded at a time.
    how = {"fail_on": "error", "access": "sequential", **options}
    if data is not None:
        return pyvips.Image.new_from_buffer(data, "", **how)
    return pyvips.Image.new_from_file(os.fspath(path), revalidate=True, **how)


def _bmp(file: IO[bytes]) -> Opened:
    with _by_pillow(file) as picture:
        dots = [float(number) / 25.4 for number in picture.info.get("dpi", (0, 0))]
        image = pyvips.Image.black(*picture.size, bands=4 if picture.mode == "RGBA" else 3)
    image = image.copy(interpretation="srgb", **_resolution(dots))
    return Opened(image, decode=lambda: _bmp_pixels(file))


def _resolution(dots: list[float]) -> dict[str, float]:
    return {"xres": dots[0], "yres": dots[1]} if all(0 < number < 1e5 for number in dots) else {}


def _bmp_pixels(file: IO[bytes]) -> pyvips.Image:
    with _by_pillow(file) as picture:
        samples = np.asarray(picture.convert("RGBA" if picture.mode == "RGBA" else "RGB"))
    return pyvips.Image.new_from_array(samples, interpretation="srgb")


@contextlib.contextmanager
def _by_pillow(file: IO[bytes]) -> Iterator[Image.Image]:
    file.seek(0)
    # How much memory a picture may take is decided for all formats alike, by its size.
    most, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(file, formats=["BMP"]) as picture:
            yield picture
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can make its reader fail in any way
        raise ValueError(first_line(error)) from error
    finally:
        Image.MAX_IMAGE_PIXELS = most
