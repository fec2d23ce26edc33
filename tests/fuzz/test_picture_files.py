"""Mutated picture files of every format end in a picture, or in an error that names the file."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from nst_contract.errors import BAD_INPUT, BAD_SETTING, MEMORY, NstError
from nst_contract.printable import printable
from nst_contract.settings import Settings
from nst_core.pictures import picture_files
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord, repeat
from nst_core.pictures.picture import Picture
from tests.fuzz.mutations import Edit, edits, mutated
from tests.helpers.icc import grey_profile, rgb_profile

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 17, 3)).astype(np.uint8)
FLOATS = PIXELS / 255
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# A header may promise any size; so much memory may be taken for it, in bytes.
MOST = 2**26


def by_pillow(file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x13B], exif[0x112] = "author", 6
    exif.get_ifd(0x8769)[0x9003] = "2021:05:06 07:08:09"
    if file_format not in ("GIF", "BMP"):
        options |= {"exif": exif, "icc_profile": SRGB}
    Image.fromarray(PIXELS).save(file, file_format, **options)
    return file.getvalue()


def by_tifffile(samples: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    options.setdefault("photometric", "rgb")
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def pages() -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file, bigtiff=True) as tiff:
        tiff.write(PIXELS[::2, ::2], photometric="rgb", subfiletype=1, subifds=1)
        tiff.write(PIXELS, photometric="rgb")
        tiff.write(FLOATS, photometric="rgb")
    return file.getvalue()


def result() -> bytes:
    import tempfile

    picture = Picture(FLOATS.astype(np.float32))
    record = PaintingRecord.of(Settings(), "weights", Inputs(picture, [Style(picture)]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.png"
        picture_files.write(picture, path, record)
        return path.read_bytes()


@lru_cache(maxsize=1)
def examples() -> dict[str, bytes]:
    grey = {"photometric": "minisblack"}
    return {
        "png": by_pillow("PNG"),
        "jpeg": by_pillow("JPEG"),
        "webp": by_pillow("WEBP"),
        "gif": by_pillow("GIF"),
        "bmp": by_pillow("BMP"),
        "avif": by_pillow("AVIF"),
        "tiff": by_pillow("TIFF"),
        "result": result(),
        "half": by_tifffile(FLOATS.astype("f2"), iccprofile=rgb_profile(1.8)),
        "single": by_tifffile(FLOATS.astype("f4"), compression="zlib"),
        "double": by_tifffile(FLOATS, iccprofile=SRGB),
        "double grey": by_tifffile(FLOATS[..., 0], iccprofile=grey_profile(1), **grey),
        "16 bits": by_tifffile(PIXELS[..., 0].astype("u2"), iccprofile=grey_profile(1), **grey),
        "lab": by_tifffile(PIXELS, photometric="cielab"),
        "pages": pages(),
        "lzma": by_tifffile(PIXELS, compression="lzma"),
    }


NAMES = ["png", "jpeg", "webp", "gif", "bmp", "avif", "tiff", "result", "half", "single", "double",
         "double grey", "16 bits", "lab", "pages", "lzma"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def check_picture(picture: Picture) -> None:
    assert picture.rgb.dtype == np.float32
    assert picture.rgb.ndim == 3
    assert picture.rgb.shape[2] == 3
    assert picture.rgb.size
    assert np.isfinite(picture.rgb).all()
    assert picture.rgb.min() >= 0
    assert picture.rgb.max() <= 1
    if picture.alpha is not None:
        assert picture.alpha.shape == picture.rgb.shape[:2]
        assert picture.alpha.min() >= 0
        assert picture.alpha.max() <= 1
    assert picture.bits in (8, 16)


def check_error(error: NstError, path: Path) -> None:
    assert error.code in (BAD_INPUT, MEMORY)
    assert str(path) in error.message
    assert error.advice
    assert "\n" not in str(error)
    assert "Traceback" not in str(error)


def read(data: bytes, folder: Path) -> None:
    path = folder / "photo.jpg"
    path.write_bytes(data)
    for reader in (lambda path: picture_files.read(path, most=MOST), picture_files.read_record):
        try:
            found = reader(path)
        except NstError as error:
            check_error(error, path)
        else:
            if isinstance(found, Picture):
                check_picture(found)
    assert [entry.name for entry in folder.iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_each_of_them_can_be_read_unless_it_is_known_why_not(name: str, folder: Path) -> None:
    assert list(examples()) == NAMES
    read(examples()[name], folder)


@given(name=st.sampled_from(NAMES), changes=edits)
def test_a_mutated_picture_is_read_or_refused(name: str, changes: list[Edit], folder: Path) -> None:
    read(mutated(examples()[name], changes), folder)


@given(name=st.sampled_from(NAMES), length=st.integers(1, 64), rest=st.binary(max_size=200))
def test_a_beginning_with_anything_behind_it_is_read_or_refused(
    name: str, length: int, rest: bytes, folder: Path
) -> None:
    read(examples()[name][:length] + rest, folder)


@given(
    name=st.sampled_from(NAMES),
    changes=edits,
    suffix=st.sampled_from([".png", ".jpg", ".tif", ".webp"]),
)
def test_what_a_mutated_picture_says_about_itself_can_be_written(
    name: str, changes: list[Edit], suffix: str, folder: Path
) -> None:
    path = folder / "photo.jpg"
    path.write_bytes(mutated(examples()[name], changes))
    result_path = folder / f"result{suffix}"
    try:
        picture = picture_files.read(path, most=MOST)
        picture_files.write(picture, result_path)
        assert picture_files.read(result_path).about == picture.about
    except NstError as error:
        check_error(error, path)
    finally:
        result_path.unlink(missing_ok=True)


# Records -----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@lru_cache(maxsize=1)
def record() -> PaintingRecord:
    picture = Picture(FLOATS.astype(np.float32), name="photo.png")
    return PaintingRecord.of(Settings(), "weights", Inputs(picture, [Style(picture)]))


def check_record(packet: bytes) -> None:
    try:
        found = PaintingRecord.from_xmp(packet)
    except ValueError:
        return
    if found is None:
        return
    printable(found)
    found.to_xmp()
    try:
        settings, unknown = repeat(found, {})
    except NstError as error:
        assert error.code == BAD_SETTING
        assert error.advice
    else:
        assert isinstance(settings, Settings)
        assert all(isinstance(name, str) for name in unknown)


@given(changes=edits)
def test_a_mutated_record_is_read_or_refused(changes: list[Edit]) -> None:
    check_record(mutated(record().to_xmp(), changes))


@given(name=st.sampled_from(sorted(vars(record()))), value=JSON)
def test_a_record_with_anything_in_its_fields_is_read_or_refused(name: str, value: object) -> None:
    values = {**vars(record()), name: value}
    check_record(packet_of(values))


@given(name=st.sampled_from(sorted(Settings().as_dict())), value=JSON)
def test_a_record_with_anything_for_a_setting_is_read_or_refused(name: str, value: object) -> None:
    check_record(packet_of({**vars(record()), "settings": {**record().settings, name: value}}))


@given(value=JSON)
def test_any_json_for_a_record_is_read_or_refused(value: object) -> None:
    check_record(packet_of(value))


def packet_of(value: object) -> bytes:
    from xml.sax.saxutils import escape

    text = escape(json.dumps(vars(record())))
    return record().to_xmp().replace(text.encode(), escape(json.dumps(value)).encode())
