"""Opening pictures: every format that can be read, pipes, and words for what is none of these."""

from __future__ import annotations

import errno
import io
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from nst_contract.errors import BAD_INPUT, MEMORY, NstError
from nst_core.pictures import picture_files, picture_sources, written_formats
from tests.helpers.processes import PATIENCE, command, environment

Y, X = np.mgrid[0:32, 0:48]
PIXELS = np.stack([5 * Y, 5 * X, 5 * Y], axis=2).astype(np.uint8)
POINTER = b"""version https://git-lfs.github.com/spec/v1
oid sha256:dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44
size 574673361
"""


def refusal(path: Path) -> NstError:
    with pytest.raises(NstError) as caught:
        picture_files.read(path)
    assert caught.value.code == BAD_INPUT
    assert caught.value.advice
    return caught.value


def seen(path: Path) -> NDArray[np.float64]:
    return np.asarray(picture_files.read(path).rgb, np.float64) * 255


def encoded(file_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, file_format, **options)
    return file.getvalue()


# Formats ------------------------------------------------------------------------------------------

LOSSLESS: dict[str, dict[str, Any]] = {"PNG": {}, "TIFF": {}, "BMP": {}, "WEBP": {"lossless": True}}
LOSSY: dict[str, dict[str, Any]] = {"JPEG": {"quality": 95}, "GIF": {}, "AVIF": {"quality": 95}}


@pytest.mark.parametrize("suffix", [".bin", ".jpg", ""])
@pytest.mark.parametrize("file_format", [*LOSSLESS, *LOSSY])
def test_a_file_is_read_as_what_it_is_whatever_it_is_called(
    file_format: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encoded(file_format, **{**LOSSLESS, **LOSSY}[file_format]))
    tolerance = 0.01 if file_format in LOSSLESS else 20
    assert seen(path) == pytest.approx(PIXELS.astype(float), abs=tolerance)


@pytest.mark.parametrize("name", ["photo [final]", "photo.png[1]", "[photo].png"])
def test_brackets_in_a_name_are_part_of_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(encoded("GIF"))
    (tmp_path / name).write_bytes(encoded("PNG"))
    assert seen(tmp_path / name) == pytest.approx(PIXELS.astype(float), abs=0.01)


def test_no_other_file_is_read_where_names_are_not_in_utf8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grün.png"
    path.write_bytes(encoded("PNG"))
    monkeypatch.setattr(os, "fsencode", lambda name: str(name).encode("latin-1"))
    # Which would look for the name in UTF-8.
    monkeypatch.delattr(pyvips.Image, "new_from_file")
    assert seen(path) == pytest.approx(PIXELS.astype(float), abs=0.01)


def test_each_of_them_is_listed() -> None:
    listed = set(picture_sources.suffixes())
    of_jpeg = {".jpg", ".jpeg", ".jpe", ".jfif"}
    assert listed >= of_jpeg | {".png", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".avif"}
    assert ".gif" not in written_formats.SUFFIXES  # what is read is more than what is written


def test_bmp_has_opacity_palette_and_resolution(tmp_path: Path) -> None:
    path = tmp_path / "x.bmp"
    Image.fromarray(PIXELS).quantize(16).save(path, dpi=(300, 300))
    picture = picture_files.read(path)
    assert picture.alpha is None
    assert picture.pixels_per_mm == pytest.approx((300 / 25.4, 300 / 25.4), rel=1e-3)


OTHERS = {
    "PSD": b"8BPS\0\1" + b"\0" * 30, "XCF": b"gimp xcf v011\0" + b"\0" * 30,
    "JPEG XL": b"\xff\x0a\0\0", "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "OpenEXR": b"\x76\x2f\x31\x01\2\0\0\0", "Radiance HDR": b"#?RADIANCE\n",
    "DDS": b"DDS |\0\0\0",
    "ICO": b"\0\0\1\0\1\0", "QOI": b"qoif\0\0\0\1", "PDF": b"%PDF-1.7\n",
    "PNM": b"P6 2 2 255\n1234",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>',
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_a_format_that_cannot_be_read_is_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(OTHERS[kind])
    error = refusal(path)
    assert f" {kind} picture, a format that cannot be read" in error.message
    assert "png, jpg" in error.advice
    assert "avif" in error.advice


@pytest.mark.parametrize(
    ("data", "message", "advice"),
    [
        (b"<!DOCTYPE html><title>404</title>", "it is a web page", "instead of the page"),
        (POINTER, "it is a Git LFS pointer", "git lfs pull"),
        (b"", "it is an empty file", "Copy it again"),
        (b"PK\x03\x04....", "it is a ZIP archive", "png, jpg"),
        (b"\x1f\x8b\x08\0", "it is a gzip archive", "png, jpg"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "it is a video", "png, jpg"),
        (b"Nothing to see.\n", "it is a text", "png, jpg"),
        (b"II*\0\x10\0\0\0CR\2\0" + b"\0" * 40, "a camera's raw photograph", "Develop it"),
        (b"FUJIFILMCCD-RAW 0201", "a camera's raw photograph", "Develop it"),
        (bytes(range(256)), "its format is unknown", "png, jpg"),
    ],
    ids=["page", "pointer", "empty", "zip", "gzip", "video", "text", "CR2", "RAF", "bytes"],
)
def test_what_is_no_picture_is_called_by_its_name(
    data: bytes, message: str, advice: str, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    error = refusal(path)
    assert message in error.message
    assert advice in error.advice


# Damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [2, 100, 0.5])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "AVIF"])
def test_a_file_that_ends_too_early_is_incomplete_and_to_be_copied_again(
    file_format: str, missing: float, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, file_format)
    data = file.getvalue()
    path = tmp_path / "photo.jpg"
    if (file_format, missing) == ("PNG", 2):
        missing = 20  # its last bytes say nothing of the picture
    path.write_bytes(data[: -int(missing * (len(data) if missing < 1 else 1))])
    error = refusal(path)
    assert f"is incomplete: this {file_format.replace('WEBP', 'WebP')} picture" in error.message
    assert "Copy it again" in error.advice
    assert "jpg" not in error.advice


def test_a_damaged_file_is_not_called_incomplete(tmp_path: Path) -> None:
    data = bytearray(encoded("PNG"))
    at = data.index(b"IDAT") + 10
    data[at : at + 20] = bytes(20)
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    error = refusal(path)
    assert "is damaged" in error.message
    assert "incomplete" not in error.message
    assert "Copy it again" in error.advice


def test_a_heic_that_libvips_cannot_decode_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "photo.heic"
    kind = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    path.write_bytes(kind + b"\0\0\0\x30meta" + bytes(40))
    error = refusal(path)
    assert "is a HEIC picture, which the installed libvips cannot decode" in error.message
    assert "bad seek" not in error.message
    assert "JPEG" in error.advice


def test_what_lies_behind_a_picture_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded("PNG") + b"appended by some program")
    assert np.array_equal(np.rint(seen(path)), PIXELS)


def test_a_picture_too_large_for_memory_gets_a_remedy_that_can_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded("PNG"))

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nst_core.pictures.seen_colors.seen", fail)
    with pytest.raises(NstError) as caught:
        picture_files.read(path)
    assert caught.value.code == MEMORY
    assert "too large to be read" in caught.value.message
    assert "smaller copy" in caught.value.advice


# Access -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_permission_is_a_permission(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded("PNG"))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    error = refusal(path)
    assert error.message == f"You have no permission to read {path}."
    assert "permissions" in error.advice


def test_a_disk_that_fails_is_no_damaged_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded("PNG"))

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "open", fail)
    error = refusal(path)
    assert "Input/output error" in error.message
    assert "Check the disk" in error.advice


def test_a_folder_and_a_device_are_refused_as_what_they_are(tmp_path: Path) -> None:
    assert "it is a folder" in refusal(tmp_path).message
    assert "it is a device" in refusal(Path("/dev/null")).message


def test_a_name_that_is_not_utf_8_will_do(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    for file_format in ("PNG", "TIFF", "BMP"):
        path = folder / f"photo.{file_format}"
        path.write_bytes(encoded(file_format))
        assert np.array_equal(np.rint(seen(path)), PIXELS)


# Pipes --------------------------------------------------------------------------------------------


def sent(path: Path, data: bytes) -> threading.Thread:
    """Makes a named pipe that data come through as soon as it is opened."""
    os.mkfifo(path)
    thread = threading.Thread(target=lambda: path.write_bytes(data), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "JPEG"])
def test_a_picture_may_come_through_a_pipe(file_format: str, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    thread = sent(path, encoded(file_format))
    assert seen(path) == pytest.approx(PIXELS.astype(float), abs=20)
    thread.join(PATIENCE)
    # It can be asked for again, though it came only once.
    assert seen(path) == pytest.approx(PIXELS.astype(float), abs=20)


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "has sent nothing"), (b"no picture", "it is a text")]
)
def test_what_comes_through_a_pipe_is_judged_like_a_file(
    data: bytes, message: str, tmp_path: Path
) -> None:
    thread = sent(tmp_path / "pipe", data)
    assert message in refusal(tmp_path / "pipe").message
    thread.join(PATIENCE)


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "style.png").write_bytes(encoded("PNG"))
    style, result = tmp_path / "style.png", tmp_path / "o.png"
    run = subprocess.run(
        command("stylize", name, style, "-o", result, "--evaluations", "0"),
        input=encoded("PNG"), env=environment(), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    with Image.open(result) as image:
        assert np.array_equal(np.asarray(image), PIXELS)


@pytest.mark.parametrize(
    ("stdin", "message"),
    [(type("Terminal", (), {"isatty": lambda _: True})(), "is a terminal"), (None, "is closed")],
)
def test_standard_input_without_a_picture_is_refused(
    stdin: object, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    error = refusal(Path("-"))
    assert message in error.message
    assert "pipe" in error.advice


# Hostile headers ----------------------------------------------------------------------------------


def bmp(width: int, height: int, header: int = 40, bits: int = 24) -> bytes:
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def test_the_size_of_a_bmp_is_known_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "x.bmp"
    path.write_bytes(bmp(30_000, 30_000))
    with pytest.raises(NstError, match="30000 x 30000 pixels") as caught:
        picture_files.read(path, most=2**30)
    assert caught.value.code == MEMORY


@pytest.mark.parametrize(
    "make",
    [
        lambda: bmp(2**31 - 1, 2**31 - 1),
        lambda: bmp(-1, 5),
        lambda: bmp(0, 0),
        lambda: bmp(4, 4, bits=77),
        lambda: bmp(4, 4, header=12),
    ],
    ids=["huge", "negative", "none", "bits", "short"],
)
def test_a_bmp_that_makes_no_sense_is_refused(make: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "x.bmp"
    path.write_bytes(make())
    assert "x.bmp is" in refusal(path).message
