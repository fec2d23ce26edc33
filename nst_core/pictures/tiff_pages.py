"""Which page of a TIFF file is the picture, and what its samples are.

libvips reads the first page, whatever it is, and can neither read samples of 64 bits nor Lab of 8
bits. It can be shown the same file with another directory, in which a sample of 64 bits is two of
32 and Lab is no more than three channels. :mod:`nst_core.pictures.seen_colors` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.pictures import about, tiff_directory
from nst_core.pictures.about import SAYS_NOTHING, About
from nst_core.pictures.tiff_directory import Directory, TiffFile, with_directory

# Values of PhotometricInterpretation (TIFF 6.0; Adobe's TIFF technical notes; DNG 1.7).
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _INKS = 0, 1, 2, 5
CIE_LAB, ICC_LAB = 8, 9
_OF_SENSORS = (32803, 34892)
_YCBCR = 6
# Old and new, as numbers of compressions.
_JPEG = (6, 7)
# Tag YCbCrSubSampling; (2, 2) if it is missing.
_SUBSAMPLING = 530
# Values of SampleFormat
_SIGNED, _COMPLEX = 2, (5, 6)
# Values of ExtraSamples
_PREMULTIPLIED = 1
# Values of Compression that libtiff is often built without.
_RARE_COMPRESSIONS = {
    6: "old JPEG", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA", 50000: "ZSTD",
    50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """How to read a TIFF file.

    Attributes:
        options: what to tell libvips: which page.
        data: what libvips is to read instead of the file; None for the file itself.
        lab: how Lab is encoded, CIE_LAB or ICC_LAB; None if it is not Lab.
        doubles: the order of the two halves of a sample of 64 bits, "<" or ">"; "" for others.
        inverted: whether white is 0.
        inks: whether channels are inks.
        has_alpha: whether the last channel is opacity, and not a colour nor of unknown meaning.
        premultiplied: whether colours are multiplied by alpha.
        about: what the file says about itself.
    """

    options: dict[str, int] = field(default_factory=dict)
    data: bytes | None = None
    lab: int | None = None
    doubles: str = ""
    inverted: bool = False
    inks: bool = False
    has_alpha: bool = False
    premultiplied: bool = False
    about: About = SAYS_NOTHING


def find(path: Path, file: IO[bytes]) -> Page:
    """Finds the page that is the picture: the first that is not a smaller copy of another.

    Args:
        path: of the file, for messages.
        file: open and seekable.

    Raises:
        NstError: (bad-input) if it is a raw photograph, or has samples that cannot be read.
        ValueError: if it is no TIFF file.
    """
    tiff = TiffFile(file)
    found = _full_page(tiff)
    if found is None:
        return Page()
    options, directory = found
    _refuse(path, directory)
    page = Page(
        options,
        inverted=directory.number(tiff_directory.PHOTOMETRIC) == _WHITE_IS_ZERO,
        inks=directory.number(tiff_directory.PHOTOMETRIC) == _INKS,
        has_alpha=any(directory.numbers(tiff_directory.EXTRA_SAMPLES)[:1]),
        premultiplied=directory.number(tiff_directory.EXTRA_SAMPLES) == _PREMULTIPLIED,
        about=about.of_directories(tiff, next(tiff.pages()), directory),
    )
    return _reinterpreted(page, directory, file)


def _full_page(tiff: TiffFile) -> tuple[dict[str, int], Directory] | None:
    pages = list(tiff.pages())
    for number, page in enumerate(pages):
        if not page.is_reduced:
            return ({"page": number} if number else {}), page
        for place, part in enumerate(tiff.within(page, tiff_directory.SUB_DIRECTORIES)):
            if not part.is_reduced:
                return {"page": number, "subifd": place}, part
    return ({}, pages[0]) if pages else None


def _refuse(path: Path, page: Directory) -> None:
    """Raises NstError for what cannot be read."""
    formats = page.numbers(tiff_directory.SAMPLE_FORMAT)
    doubles = _has_doubles(page)
    what, advice = "", "Save it with unsigned samples of 8 or 16 bits."
    if page.number(tiff_directory.PHOTOMETRIC) in _OF_SENSORS:
        what = "is a camera's raw photograph (DNG)"
        advice = "Develop it with a program for raw photographs, and save it as TIFF or JPEG."
    elif (
        page.number(tiff_directory.PHOTOMETRIC) == _YCBCR
        and page.number(tiff_directory.COMPRESSION) not in _JPEG
        and page.numbers(_SUBSAMPLING) == (1, 1)
    ):
        # libvips takes luma and chroma for red, green and blue, unless there are fewer of chroma.
        what = "is in YCbCr without JPEG's compression"
        advice = "Save it in RGB."
    elif any(value in _COMPLEX for value in formats):
        what = "has complex samples"
    elif _SIGNED in formats:
        what = "has samples with a sign, which no picture has"
    elif doubles and page.number(tiff_directory.PREDICTOR, 1) != 1:
        what = "has samples of 64 bits (double precision) with a predictor"
        advice = "Save it without a predictor, or with samples of 32 bits."
    elif doubles and page.number(tiff_directory.PLANAR, 1) != 1:
        what = "has samples of 64 bits (double precision) in separate planes"
        advice = "Save it with its channels together, or with samples of 32 bits."
    if what:
        raise NstError(BAD_INPUT, f"{path} {what}.", advice)


def rare_compression(file: IO[bytes]) -> str:
    """Returns the name of a compression that libtiff may lack; "" if it is a usual one."""
    try:
        found = _full_page(TiffFile(file))
    except ValueError:
        return ""
    return _RARE_COMPRESSIONS.get(found[1].number(tiff_directory.COMPRESSION), "") if found else ""


def _has_doubles(page: Directory) -> bool:
    bits = page.numbers(tiff_directory.BITS_PER_SAMPLE)
    return bool(bits) and set(bits) == {64}


def _reinterpreted(page: Page, directory: Directory, file: IO[bytes]) -> Page:
    """Returns a page as libvips can read it."""
    photometric = directory.number(tiff_directory.PHOTOMETRIC)
    channels = directory.number(tiff_directory.SAMPLES_PER_PIXEL, 1)
    if _has_doubles(directory) and channels < 8:
        changed = {
            tiff_directory.BITS_PER_SAMPLE: (32,) * 2 * channels,
            tiff_directory.SAMPLES_PER_PIXEL: (2 * channels,),
            tiff_directory.SAMPLE_FORMAT: (1,) * 2 * channels,
            tiff_directory.PHOTOMETRIC: (_BLACK_IS_ZERO,),
            tiff_directory.EXTRA_SAMPLES: (0,) * (2 * channels - 1),
        }
        return _shown(page, directory, file, changed, doubles=directory.order)
    bits = directory.number(tiff_directory.BITS_PER_SAMPLE, 1)
    if photometric in (CIE_LAB, ICC_LAB) and bits in (8, 16) and channels >= 3:
        changed = {tiff_directory.PHOTOMETRIC: (_RGB,), tiff_directory.ICC_PROFILE: ()}
        return _shown(page, directory, file, changed, lab=photometric)
    return page


def _shown(
    page: Page,
    directory: Directory,
    file: IO[bytes],
    changed: dict[int, tuple[int, ...]],
    *,
    lab: int | None = None,
    doubles: str = "",
) -> Page:
    file.seek(0)
    data = with_directory(file.read(), directory, changed)
    return replace(page, options={}, data=data, lab=lab, doubles=doubles)
