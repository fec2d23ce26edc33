"""TIFF files: the page in full size is read, and what cannot be read is refused by its own name.

The inputs are written by tifffile, never by libvips, which reads them.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.pictures import picture_files
from nst_core.pictures.tiff_directory import TiffFile

Samples = NDArray[np.uint8]
REDUCED = 1


def colors(height: int, width: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


FULL, SMALL = colors(40, 60), colors(10, 15, 1)


def seen(path: Path) -> NDArray[Any]:
    return np.rint(picture_files.read(path).rgb * 255)


def refusal(path: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        picture_files.read(path)
    assert caught.value.code == BAD_INPUT
    return caught.value


@pytest.mark.parametrize("suffix", [".tif", ".dng", ".png"])
@pytest.mark.parametrize("big", [False, True])
def test_a_first_page_that_is_a_smaller_copy_is_passed_over(
    big: bool, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"x{suffix}"
    with tifffile.TiffWriter(path, bigtiff=big) as file:
        file.write(SMALL, photometric="rgb", subfiletype=REDUCED)
        file.write(SMALL[:5], photometric="rgb", subfiletype=REDUCED)
        file.write(FULL, photometric="rgb", subfiletype=0)
    assert np.array_equal(seen(path), FULL)


def test_the_full_page_may_lie_within_its_smaller_copy(tmp_path: Path) -> None:
    """As cameras do it: the directory of the thumbnail has a tag for that of the picture."""
    path = tmp_path / "x.dng"
    with tifffile.TiffWriter(path) as file:
        file.write(SMALL, photometric="rgb", subfiletype=REDUCED, subifds=2)
        file.write(SMALL[:5], photometric="rgb", subfiletype=REDUCED)
        file.write(FULL, photometric="rgb", subfiletype=0)
    assert np.array_equal(seen(path), FULL)


def test_pages_of_a_document_are_no_smaller_copies(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(SMALL, photometric="rgb", subfiletype=2)
        file.write(FULL, photometric="rgb", subfiletype=2)
    assert np.array_equal(seen(path), SMALL)


def test_a_file_of_nothing_but_smaller_copies_has_its_first(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(SMALL, photometric="rgb", subfiletype=REDUCED)
        file.write(SMALL[:5], photometric="rgb", subfiletype=REDUCED)
    assert np.array_equal(seen(path), SMALL)


def test_doubles_behind_a_thumbnail_are_found(tmp_path: Path) -> None:
    path, values = tmp_path / "x.tif", FULL / 255
    with tifffile.TiffWriter(path) as file:
        file.write(SMALL, photometric="rgb", subfiletype=REDUCED)
        file.write(values, photometric="rgb")
    assert picture_files.read(path).rgb == pytest.approx(values, abs=1e-6)


def patched(path: Path, tag: int, value: int) -> Path:
    """Writes FULL with another value of a tag that is one number of 16 bits."""
    data = io.BytesIO()
    tifffile.imwrite(data, FULL, photometric="rgb")
    content = bytearray(data.getvalue())
    at = content.index(struct.pack("<HHI", tag, 3, 1))
    content[at + 8 : at + 10] = struct.pack("<H", value)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("number", "name"),
    [(34925, "LZMA"), (50000, "ZSTD"), (50002, "JPEG XL"), (34712, "JPEG 2000"), (34887, "LERC")],
)
def test_a_rare_compression_is_refused_by_name(number: int, name: str, tmp_path: Path) -> None:
    error = refusal(patched(tmp_path / "x.tif", 259, number))
    assert f"compressed with {name}" in error.message
    assert "LZW or Deflate" in error.advice


def test_a_file_that_tifffile_compressed_with_lzma_is_refused_by_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", FULL, photometric="rgb", compression="lzma")
    assert "compressed with LZMA" in refusal(tmp_path / "x.tif").message


@pytest.mark.parametrize("photometric", [32803, 34892])
def test_what_a_sensor_saw_must_be_developed_first(photometric: int, tmp_path: Path) -> None:
    error = refusal(patched(tmp_path / "x.dng", 262, photometric))
    assert "raw photograph" in error.message
    assert "Develop it" in error.advice


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4"])
def test_samples_with_a_sign_are_refused(dtype: str, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", (FULL // 2).astype(dtype), photometric="rgb")
    error = refusal(tmp_path / "x.tif")
    assert "samples with a sign" in error.message
    assert "unsigned" in error.advice


def test_complex_samples_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "x.tif", FULL[..., 0].astype("c8"), photometric="minisblack")
    assert "complex samples" in refusal(tmp_path / "x.tif").message


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_luma_and_chroma_are_not_taken_for_red_green_and_blue(
    compression: str, tmp_path: Path
) -> None:
    red = Image.new("RGB", (16, 16), (255, 0, 0)).convert("YCbCr")
    red.save(tmp_path / "x.tif", compression=compression)
    error = refusal(tmp_path / "x.tif")
    assert "YCbCr without JPEG's compression" in error.message
    assert "RGB" in error.advice


@pytest.mark.parametrize("is_said", [True, False])
def test_fewer_samples_of_chroma_are_read_in_their_colours(is_said: bool, tmp_path: Path) -> None:
    """For 2 x 2 pixels, four of luma and one of each chroma (TIFF 6.0, section 21)."""
    luma, blue, red = np.array(Image.new("RGB", (1, 1), (255, 0, 0)).convert("YCbCr"))[
        0, 0
    ].tolist()
    data = bytes([*[luma] * 4, blue, red]) * 64
    tags = [(256, 16), (257, 16), (258, 8), (259, 1), (262, 6), (273, 8), (277, 3), (278, 16),
            (279, len(data))]  # fmt: skip
    entries = [
        struct.pack("<HHIHH", tag, 3, 3, 0, 0)[:8] + struct.pack("<I", 8 + len(data))
        if tag == 258
        else struct.pack("<HHII", tag, 3, 1, value)
        for tag, value in tags
    ]
    if is_said:
        entries.append(struct.pack("<HHIHH", 530, 3, 2, 2, 2))
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    bits = struct.pack("<3H", 8, 8, 8)
    header = struct.pack("<2sHI", b"II", 42, 8 + len(data) + len(bits))
    (tmp_path / "x.tif").write_bytes(header + data + bits + directory)
    assert picture_files.read(tmp_path / "x.tif").rgb[8, 8].round(1).tolist() == [1, 0, 0]


def test_jpeg_within_tiff_is_read_in_its_colours(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), (255, 0, 0)).save(tmp_path / "x.tif", compression="jpeg")
    assert picture_files.read(tmp_path / "x.tif").rgb[8, 8].round(1).tolist() == [1, 0, 0]


def test_whole_numbers_of_32_bits_are_read(tmp_path: Path) -> None:
    samples = FULL.astype(np.uint32) * 0x01010101
    tifffile.imwrite(tmp_path / "x.tif", samples, photometric="rgb")
    assert np.array_equal(seen(tmp_path / "x.tif"), FULL)


@pytest.mark.parametrize(
    ("photometric", "dtype"),
    [("rgb", np.uint8), ("rgb", np.uint16), ("minisblack", np.uint8), ("separated", np.uint8)],
)
def test_a_channel_of_unknown_meaning_is_no_opacity(
    photometric: str, dtype: type, tmp_path: Path
) -> None:
    """A selection that Photoshop keeps with a picture, for example."""
    count = {"rgb": 3, "minisblack": 1, "separated": 4}[photometric]
    known: NDArray[Any] = np.random.default_rng(0).integers(0, 256, (40, 60, count)).astype(dtype)
    plain, more = tmp_path / "plain.tif", tmp_path / "more.tif"
    shape = known[..., 0] if count == 1 else known
    tifffile.imwrite(plain, shape, photometric=photometric, planarconfig="contig")
    both = np.concatenate([known, np.zeros((40, 60, 1), dtype)], axis=2)
    tifffile.imwrite(
        more, both, photometric=photometric, planarconfig="contig", extrasamples=["unspecified"]
    )
    picture = picture_files.read(more)
    assert picture.alpha is None
    assert np.array_equal(picture.rgb, picture_files.read(plain).rgb)
    assert picture.cautions[0].message.startswith("more.tif has a channel besides its colours")


def test_directories_that_lead_in_circles_end() -> None:
    data = io.BytesIO()
    tifffile.imwrite(data, SMALL, photometric="rgb", subfiletype=REDUCED)
    content = bytearray(data.getvalue())
    start = struct.unpack_from("<I", content, 4)[0]
    count = struct.unpack_from("<H", content, start)[0]
    struct.pack_into("<I", content, start + 2 + 12 * count, start)
    assert len(list(TiffFile(io.BytesIO(content)).pages())) == 1
