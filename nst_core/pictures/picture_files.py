"""Picture files, read and written by libvips: profiles, orientation, CMYK, 16 bits, alpha."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import numpy as np
import pyvips

from nst_contract.errors import BAD_INPUT, NstError, first_line
from nst_core.pictures import about, lean_reading, picture_sources, seen_colors, written_formats
from nst_core.pictures.about import About
from nst_core.pictures.painting_record import MOST_BYTES, PaintingRecord
from nst_core.pictures.picture import Picture
from nst_core.pictures.written_formats import TIFF, WrittenFormat
from nst_core.storage import atomic_files
from nst_core.storage.disk_errors import disk_error

_log = logging.getLogger(__name__)

# What most programs assume if a file says nothing: 72 dots per inch.
_USUAL_PIXELS_PER_MM = (72 / 25.4, 72 / 25.4)
_MOST_PIXELS_PER_MM = 1e5
# Orientations (as EXIF numbers them) in which the file's rows are the picture's columns.
_TURNED = range(5, 9)
_ROWS = 64

# Leaves off the readers that libvips itself does not trust with strangers' files (ImageMagick,
# PDF, ...).
pyvips.block_untrusted_set(True)


def _log_warnings_only() -> None:
    """Keeps libvips from logging every computation.

    It logs through a callback, and Python drops exceptions raised in callbacks: a Ctrl+C pressed
    during the computation would be raised there, and lost.
    """
    levels = pyvips.GLogLevelFlags
    wanted = levels.LEVEL_WARNING | levels.LEVEL_CRITICAL | levels.LEVEL_ERROR
    wanted |= levels.FLAG_FATAL | levels.FLAG_RECURSION
    pyvips._remove_log_handler()
    pyvips._log_handler_id = pyvips.glib_lib.g_log_set_handler(
        b"VIPS", wanted, pyvips._log_handler_cb, pyvips.ffi.NULL
    )


with contextlib.suppress(AttributeError):  # some other pyvips, which logs differently
    _log_warnings_only()


def read(path: Path | str, long_side: int | None = None, most: int | None = None) -> Picture:
    """Reads a picture file as people see it: upright and in sRGB.

    Reads PNG, JPEG, TIFF, WebP, GIF, BMP, AVIF and anything else that libvips reads safely;
    palette, grey, CMYK, Lab and RGB; whole numbers and floating point; with or without alpha.
    Applies the orientation and embedded profile. Of several pages, it reads the first in full size.

    Args:
        path: a file or a pipe; "-" for standard input.
        long_side: in pixels, at which it will be looked at: if it has many more, it is shrunk while
            it is read, unless it has alpha or is in floating point; None for all of its pixels.
        most: how many bytes of memory it may take to read it; None for any number.

    Raises:
        NstError: (bad-input) if there is no such file, or it is no picture that can be read;
            (memory) if it is too large, which is known before it is decoded.
    """
    path = Path(path)
    name = "standard input" if str(path) == picture_sources.STANDARD_INPUT else path.name
    with picture_sources.opened(path) as opened:
        shrunk_by = lean_reading.factor(opened, long_side)
        lean_reading.check(path, opened, shrunk_by, most)
        shrunk = lean_reading.shrink(opened, name, shrunk_by) if shrunk_by > 1 else None
        samples = shrunk.samples if shrunk else seen_colors.seen(opened, name)
    image = opened.image
    return Picture(
        rgb=np.ascontiguousarray(samples.values[..., :3]),
        alpha=np.ascontiguousarray(samples.values[..., 3]) if samples.has_alpha else None,
        name=name,
        bits=samples.bits,
        pixels_per_mm=_pixels_per_mm(image),
        about=opened.about,
        cautions=samples.cautions,
        full_size=shrunk.full_size if shrunk else None,
        sha256=shrunk.sha256 if shrunk else "",
    )


def read_record(path: Path) -> PaintingRecord:
    """Reads how a picture was painted, if this program painted it.

    Raises:
        NstError: (bad-input) if there is no such file, or it holds no usable record.
    """
    with picture_sources.opened(path) as opened:
        image = opened.image
        packet = image.get("xmp-data") if image.get_typeof("xmp-data") else b""
    try:
        record = PaintingRecord.from_xmp(packet)
    except ValueError as error:
        raise _without_record(path, f"holds a damaged record ({first_line(error)})") from error
    if record is None:
        raise _without_record(path, "does not say how it was painted")
    return record


def _without_record(path: Path, what: str) -> NstError:
    return NstError(
        BAD_INPUT,
        f"{path} {what}.",
        "Choose a picture that this program has painted, in the file as it was saved.",
    )


def check_writable(path: Path) -> None:
    """Makes sure, before minutes of computing, that :func:`write` will be able to write.

    Raises:
        NstError: (bad-input) for an unknown format, (disk) for a folder without access.
    """
    _check_suffix(path)
    try:
        atomic_files.check_place(path)
    except OSError as error:
        raise disk_error(path, error) from error


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in written_formats.SUFFIXES:
        raise NstError(
            BAD_INPUT,
            f"{path} does not end in a known picture format.",
            f"End its name in one of {written_formats.NAMES}.",
        )


def write(picture: Picture, path: Path | str, record: PaintingRecord | None = None) -> None:
    """Writes a picture file tagged as sRGB, either completely or not at all.

    The suffix decides the format. PNG and TIFF keep 16 bits where the picture has them; JPEG has
    no alpha, so transparent parts turn white.

    Args:
        picture: what to write.
        path: the file; an existing one is replaced. If that cannot be done, as a program has it
            open, the picture is kept beside it, and the error says where.
        record: how it was painted, for :func:`read_record`.

    Raises:
        NstError: (bad-input) for an unknown format, (disk) if it cannot be written.
    """
    path = Path(path)
    _check_suffix(path)
    written, suffix = _format_of(path), path.suffix.lower()
    image = _to_vips(picture, path)
    _describe(image, picture.about, record, path)
    try:
        with atomic_files.writing(path, or_beside=True) as file:
            # Through the handle: libvips itself takes names in UTF-8 alone.
            target = pyvips.Target.new_to_descriptor(file.fileno())
            image.write_to_target(target, suffix, profile="srgb", **written.options)
            if written is TIFF:  # libvips writes no EXIF there
                about.add_to_tiff(file, picture.about)
    except OSError as error:
        raise disk_error(path, error) from error
    except pyvips.Error as error:
        raise disk_error(path, picture_sources.what(error)) from error


def _describe(image: pyvips.Image, said: About, record: PaintingRecord | None, path: Path) -> None:
    """Adds how it was painted, and what the photograph's file says, to a picture to be written."""
    packet = about.to_packet(said, record.to_xmp() if record else b"")
    if len(packet) > MOST_BYTES and record:
        packet = record.to_xmp()
    if len(packet) > MOST_BYTES:  # a huge number of styles: not worth losing the picture over
        _log.warning("the record of %s is too long to be kept: %d bytes", path, len(packet))
    elif packet:
        image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)
    exif = about.to_exif(said)
    if exif:
        image.set_type(pyvips.GValue.blob_type, "exif-data", exif)


def encoded(picture: Picture, path: Path) -> bytes:
    """Returns what :func:`write` would write into a file, without a record.

    Raises:
        NstError: (bad-input) if libvips cannot, as it was built here.
    """
    suffix = path.suffix.lower()
    try:
        image = _to_vips(picture, path)
        data: bytes = image.write_to_buffer(suffix, profile="srgb", **_format_of(path).options)
    except pyvips.Error as error:
        raise NstError(
            BAD_INPUT,
            f"{path} cannot be written as {suffix[1:]} ({picture_sources.what(error)}).",
            f"End its name in another one of {written_formats.NAMES}.",
        ) from error
    return data


def bits_in(path: Path, picture: Picture) -> int:
    """Returns the bits of each sample of a picture in a file with this name."""
    return _format_of(path).bits if picture.bits > 8 else 8


def _format_of(path: Path) -> WrittenFormat:
    return written_formats.BY_SUFFIX[path.suffix.lower()]


def _to_vips(picture: Picture, path: Path) -> pyvips.Image:
    bits = bits_in(path, picture)
    channels = 3 if picture.alpha is None else 4
    dtype = np.uint16 if bits == 16 else np.uint8
    samples = np.empty((picture.height, picture.width, channels), dtype)
    for top in range(0, picture.height, _ROWS):  # no second copy of a large picture
        rows = slice(top, top + _ROWS)
        for layer, part in ((picture.rgb, slice(0, 3)), (picture.alpha, 3)):
            if layer is not None:
                samples[rows, :, part] = np.rint(layer[rows].clip(0, 1) * (2**bits - 1))
    image = pyvips.Image.new_from_array(samples, interpretation="rgb16" if bits == 16 else "srgb")
    image = lean_reading.enlarged(image, picture)
    xres, yres = picture.pixels_per_mm or _USUAL_PIXELS_PER_MM
    return image.copy(xres=xres, yres=yres)


def _pixels_per_mm(image: pyvips.Image) -> tuple[float, float] | None:
    """Returns the resolution of a file's picture across and down, as people see it: upright."""
    across, down = image.xres, image.yres
    # What libvips reports if the file says nothing; and what it would not write.
    is_sane = all(0 < dots <= _MOST_PIXELS_PER_MM for dots in (across, down))
    if not is_sane or (across, down) == (1, 1):
        return None
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    return (down, across) if orientation in _TURNED else (across, down)
