"""Picture files, read and written by libvips: profiles, orientation, CMYK, 16 bits, alpha."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyvips

from nst_contract.errors import BAD_INPUT, NstError, first_line
from nst_core.pictures.painting_record import MOST_BYTES, PaintingRecord
from nst_core.pictures.picture import Picture
from nst_core.storage import atomic_files
from nst_core.storage.disk_errors import disk_error

_log = logging.getLogger(__name__)

# Options for the writers: no visible compression, and files of a reasonable size.
_SAVE_OPTIONS: dict[str, dict[str, object]] = {
    ".png": {"compression": 6},
    ".jpg": {"Q": 95, "background": 255},
    ".jpeg": {"Q": 95, "background": 255},
    ".tif": {"compression": "deflate", "predictor": "horizontal"},
    ".tiff": {"compression": "deflate", "predictor": "horizontal"},
    ".webp": {"Q": 95},
}
_SIXTEEN_BIT = (".png", ".tif", ".tiff")
# What most programs assume if a file says nothing: 72 dots per inch.
_USUAL_PIXELS_PER_MM = (72 / 25.4, 72 / 25.4)
SUFFIXES = tuple(_SAVE_OPTIONS)
FORMATS = ", ".join(suffix[1:] for suffix in SUFFIXES)

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


def read(path: Path) -> Picture:
    """Reads a picture file as people see it: upright and in sRGB.

    Reads PNG, JPEG, TIFF, WebP and anything else that libvips reads safely; palette, grey, CMYK
    and RGB; 8 and 16 bits; with or without alpha. Applies the orientation and embedded profile.

    Raises:
        NstError: (bad-input) if there is no such file or it is not a picture.
    """
    with _opened(path) as image:
        image = image.autorot()
        bits = 16 if image.format in ("ushort", "short", "uint", "float", "double") else 8
        samples = _to_srgb(image, bits).numpy()
    values = np.atleast_3d(samples).astype(np.float32) / (2**bits - 1)
    return Picture(
        rgb=np.ascontiguousarray(values[..., :3]),
        alpha=np.ascontiguousarray(values[..., 3]) if values.shape[2] > 3 else None,
        name=path.name,
        bits=bits,
        pixels_per_mm=None if _has_no_resolution(image) else (image.xres, image.yres),
    )


def read_record(path: Path) -> PaintingRecord:
    """Reads how a picture was painted, if this program painted it.

    Raises:
        NstError: (bad-input) if there is no such file, or it holds no usable record.
    """
    with _opened(path) as image:
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
    if path.suffix.lower() not in _SAVE_OPTIONS:
        raise NstError(
            BAD_INPUT,
            f"{path} does not end in a known picture format.",
            f"End its name in one of {FORMATS}.",
        )
    try:
        atomic_files.check_place(path)
    except OSError as error:
        raise disk_error(path, error) from error


def write(picture: Picture, path: Path, record: PaintingRecord | None = None) -> None:
    """Writes a picture file tagged as sRGB, either completely or not at all.

    The suffix decides the format. PNG and TIFF keep 16 bits where the picture has them; JPEG has
    no alpha, so transparent parts turn white.

    Args:
        picture: what to write.
        path: the file; an existing one is replaced.
        record: how it was painted, for :func:`read_record`.

    Raises:
        NstError: (bad-input) for an unknown format, (disk) if it cannot be written.
    """
    check_writable(path)
    image, suffix = _to_vips(picture, path), path.suffix.lower()
    packet = record.to_xmp() if record else b""
    if len(packet) > MOST_BYTES:  # a huge number of styles: not worth losing the picture over
        _log.warning("the record of %s is too long to be kept: %d bytes", path, len(packet))
    elif packet:
        image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)
    try:
        with atomic_files.writing(path) as file:
            # Through the handle: libvips itself takes names in UTF-8 alone.
            target = pyvips.Target.new_to_descriptor(file.fileno())
            image.write_to_target(target, suffix, profile="srgb", **_SAVE_OPTIONS[suffix])
    except OSError as error:
        raise disk_error(path, error) from error
    except pyvips.Error as error:
        raise disk_error(path, _first_line(error)) from error


def encoded(picture: Picture, path: Path) -> bytes:
    """Returns what :func:`write` would write into a file, without a record.

    Raises:
        NstError: (bad-input) if libvips cannot, as it was built here.
    """
    suffix = path.suffix.lower()
    try:
        image = _to_vips(picture, path)
        data: bytes = image.write_to_buffer(suffix, profile="srgb", **_SAVE_OPTIONS[suffix])
    except pyvips.Error as error:
        raise NstError(
            BAD_INPUT,
            f"{path} cannot be written as {suffix[1:]} ({_first_line(error)}).",
            f"End its name in another one of {FORMATS}.",
        ) from error
    return data


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[pyvips.Image]:
    """Opens a picture file, and explains any failure while it is in use."""
    try:
        is_file = path.is_file()
    except OSError:  # no permission to enter the folder, or a name that is too long
        is_file = False
    if not is_file:
        raise NstError(
            BAD_INPUT, f"There is no picture file {path}.", "Check the spelling of its name."
        )
    try:
        # With "truncated", the missing half of a TIFF would be read as black. libvips caches
        # pictures by file name; revalidate keeps it from returning an older file's picture.
        yield pyvips.Image.new_from_file(os.fspath(path), fail_on="error", revalidate=True)
    except (pyvips.Error, UnicodeEncodeError) as error:  # libvips accepts only UTF-8 names
        raise NstError(
            BAD_INPUT,
            f"{path} cannot be read as a picture ({_first_line(error)}).",
            f"Choose a picture in one of these formats: {FORMATS}.",
        ) from error


def _to_srgb(image: pyvips.Image, bits: int) -> pyvips.Image:
    space, sample = ("rgb16", "ushort") if bits == 16 else ("srgb", "uchar")
    if image.get_typeof("icc-profile-data"):
        with contextlib.suppress(pyvips.Error):  # a broken profile is as good as none
            image = image.icc_transform(
                "srgb", embedded=True, depth=bits, intent="relative", black_point_compensation=True
            )
    return image.colourspace(space).cast(sample)


def bits_in(path: Path, picture: Picture) -> int:
    """Returns the bits of each sample of a picture in a file with this name."""
    return 16 if path.suffix.lower() in _SIXTEEN_BIT and picture.bits > 8 else 8


def _to_vips(picture: Picture, path: Path) -> pyvips.Image:
    bits = bits_in(path, picture)
    layers = [picture.rgb] if picture.alpha is None else [picture.rgb, picture.alpha[..., None]]
    values = np.concatenate(layers, axis=2).clip(0, 1) * (2**bits - 1)
    samples = np.rint(values).astype(np.uint16 if bits == 16 else np.uint8)
    image = pyvips.Image.new_from_array(samples, interpretation="rgb16" if bits == 16 else "srgb")
    xres, yres = picture.pixels_per_mm or _USUAL_PIXELS_PER_MM
    return image.copy(xres=xres, yres=yres)


def _has_no_resolution(image: pyvips.Image) -> bool:
    # What libvips reports if the file says nothing.
    return bool((image.xres, image.yres) == (1, 1))


def _first_line(error: Exception) -> str:
    text = error.detail or error.message if isinstance(error, pyvips.Error) else str(error)
    return text.strip().replace("\n", "; ")[:200]
