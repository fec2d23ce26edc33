"""Large pictures are shrunk while they are read, or refused before they are decoded."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
from numpy.typing import NDArray
from PIL import Image

from nst_contract.errors import MEMORY, NstError
from nst_core.pictures import lean_reading, picture_files, picture_sources
from nst_core.pictures.fingerprint import fingerprint
from nst_core.pictures.picture import Picture
from tests.helpers.photographs import COFFEE, as_bytes, photograph
from tests.helpers.processes import PATIENCE, REPOSITORY

SIDE = 50  # at which pictures are looked at


@pytest.fixture
def samples() -> NDArray[np.uint8]:
    return as_bytes(photograph(COFFEE, 407, 303))


@pytest.fixture(autouse=True)
def short_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    # Several of them, and the last one shorter than the others.
    monkeypatch.setattr(lean_reading, "_STRIP_PIXELS", 407 * 21)


def png(samples: NDArray[np.uint8], folder: Path) -> Path:
    Image.fromarray(samples).save(folder / "x.png")
    return folder / "x.png"


def sixteen_bits(samples: NDArray[np.uint8], folder: Path) -> Path:
    wide = samples.astype(np.uint16) * 257 + 3
    pyvips.Image.new_from_array(wide, interpretation="rgb16").write_to_file(f"{folder}/x.tif")
    return folder / "x.tif"


def grey(samples: NDArray[np.uint8], folder: Path) -> Path:
    Image.fromarray(samples[..., 1]).save(folder / "x.png")
    return folder / "x.png"


def jpeg(samples: NDArray[np.uint8], folder: Path) -> Path:
    Image.fromarray(samples).save(folder / "x.jpg", progressive=True)
    return folder / "x.jpg"


def turned(samples: NDArray[np.uint8], folder: Path) -> Path:
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(samples).save(folder / "x.jpg", exif=exif)
    return folder / "x.jpg"


def inks(samples: NDArray[np.uint8], folder: Path) -> Path:
    Image.fromarray(samples).convert("CMYK").save(folder / "x.tif")
    return folder / "x.tif"


def webp(samples: NDArray[np.uint8], folder: Path) -> Path:
    Image.fromarray(samples).save(folder / "x.webp", lossless=True)
    return folder / "x.webp"


def with_profile(samples: NDArray[np.uint8], folder: Path) -> Path:
    image = pyvips.Image.new_from_array(samples, interpretation="srgb")
    image.icc_export(output_profile="p3", depth=8).write_to_file(f"{folder}/x.png")
    return folder / "x.png"


@pytest.mark.parametrize("save", [png, sixteen_bits, grey, jpeg, turned, inks, webp, with_profile])
def test_each_pixel_of_a_shrunk_picture_is_the_mean_of_its_square(
    save: object, samples: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = save(samples, tmp_path)  # type: ignore[operator]
    full = picture_files.read(path)
    shrunk = picture_files.read(path, SIDE)
    height, width = full.height // 4 + 1, full.width // 4 + 1  # by 407 / (2 * 50), down
    assert (shrunk.width, shrunk.height) == (width, height)
    means = [
        [full.rgb[4 * y : 4 * y + 4, 4 * x : 4 * x + 4].mean(axis=(0, 1)) for x in range(width)]
        for y in range(height)
    ]
    # Sums of at most 16 numbers up to 1, in float32.
    np.testing.assert_allclose(shrunk.rgb, means, rtol=0, atol=16 * 2**-23)
    assert shrunk.bits == full.bits
    assert shrunk.size_in_file == full.size_in_file == (full.width, full.height)
    assert fingerprint(shrunk) == fingerprint(full)


@pytest.mark.parametrize("long_side", [None, 102, 400])
def test_a_picture_that_is_not_much_larger_is_read_as_it_is(
    long_side: int | None, samples: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = png(samples, tmp_path)
    assert np.array_equal(picture_files.read(path, long_side).rgb, picture_files.read(path).rgb)


def test_a_narrow_picture_keeps_what_the_network_needs(tmp_path: Path) -> None:
    Image.new("RGB", (4000, 70)).save(tmp_path / "x.png")
    shrunk = picture_files.read(tmp_path / "x.png", SIDE)
    assert (shrunk.width, shrunk.height) == (2000, 35)


def test_alpha_is_read_in_full(samples: NDArray[np.uint8], tmp_path: Path) -> None:
    rgba = np.concatenate([samples, samples[..., :1]], axis=2)
    Image.fromarray(rgba).save(tmp_path / "x.png")
    assert picture_files.read(tmp_path / "x.png", SIDE).width == 407


def test_a_cut_off_file_is_refused_when_it_is_shrunk_too(
    samples: NDArray[np.uint8], tmp_path: Path
) -> None:
    path = jpeg(samples, tmp_path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(NstError, match="ends too early"):
        picture_files.read(path, SIDE)


def test_a_result_of_a_shrunk_picture_has_the_size_of_the_file(
    samples: NDArray[np.uint8], tmp_path: Path
) -> None:
    shrunk = picture_files.read(png(samples, tmp_path), SIDE)
    result = shrunk.with_rgb(1 - shrunk.rgb)
    picture_files.write(result, tmp_path / "result.png")
    written = picture_files.read(tmp_path / "result.png")
    assert (written.width, written.height) == (407, 303)
    assert abs(float(written.rgb.mean()) - float(result.rgb.mean())) < 1 / 255
    assert fingerprint(result) != fingerprint(shrunk)


# The memory that it takes ------------------------------------------------------------------------


def header_alone(path: Path, width: int, height: int) -> Path:
    """Makes a PNG whose pixels are missing: whoever decodes it finds out."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    chunk = b"IHDR" + size + bytes([8, 2, 0, 0, 0])
    data = zlib.compress(b"\0" * 100)
    parts = [chunk, b"IDAT" + data]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            (len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big")
            for part in parts
        )
    )
    return path


def test_a_picture_that_needs_more_memory_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = header_alone(tmp_path / "bomb.png", 12000, 12000)
    with pytest.raises(NstError) as caught:
        picture_files.read(path, most=2**30)
    assert caught.value.code == MEMORY
    assert "12000 x 12000" in caught.value.message
    assert "2.01 GiB" in caught.value.message
    assert "only 1.00 GiB" in caught.value.message
    assert "smaller copy" in caught.value.advice
    with pytest.raises(NstError, match="ends too early"):
        picture_files.read(path, most=2**32)


def test_a_picture_that_is_shrunk_needs_little(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("RGB", (6000, 4000), (200, 100, 50)).save(path)
    assert picture_files.read(path, SIDE, most=2**26).size_in_file == (6000, 4000)


_MEASURE = """
import resource, sys
from pathlib import Path
import numpy as np
from nst_core.pictures import lean_reading, picture_files, picture_sources, profiles
path, side = Path(sys.argv[1]), int(sys.argv[2]) or None
picture_files.read(Path(sys.argv[3]), side)  # loads what libvips needs
with picture_sources.opened(path) as opened:
    needs = lean_reading._needs(opened.image, lean_reading.factor(opened, side))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
picture = picture_files.read(path, side)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, needs // 1024)
"""


@pytest.mark.parametrize("side", [0, 256])
@pytest.mark.parametrize("kind", ["jpg", "progressive", "turned", "16 bits", "alpha", "webp"])
def test_reading_takes_no_more_than_was_foreseen(kind: str, side: int, tmp_path: Path) -> None:
    """Measured in a process of its own, on 12 megapixels."""
    small = photograph(COFFEE, 400, 300)
    image = Image.fromarray(as_bytes(small)).resize((4000, 3000))
    exif = Image.Exif()
    exif[0x112] = 6
    files = []
    for name, picture in (("x", image), ("warm-up", image.resize((400, 300)))):
        path = tmp_path / f"{name}.{'webp' if kind == 'webp' else 'png'}"
        if kind in ("jpg", "progressive", "turned"):
            path = path.with_suffix(".jpg")
            picture.save(
                path, progressive=kind == "progressive", exif=exif if kind == "turned" else b""
            )
        elif kind == "16 bits":
            wide = pyvips.Image.new_from_array(np.asarray(picture).astype(np.uint16) * 257)
            wide.copy(interpretation="rgb16").write_to_file(str(path), compression=1)
        else:
            picture.convert("RGBA" if kind == "alpha" else "RGB").save(path, compress_level=1)
        files.append(path)
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, files[0], str(side), files[1]],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    taken, foreseen = map(int, run.stdout.split())
    # Threads of libvips, and what the allocator holds, whatever the picture.
    assert taken < foreseen + 40 * 1024


def test_a_picture_is_not_shrunk_twice() -> None:
    picture = Picture(np.zeros((4, 4, 3), np.float32), full_size=(8, 8), sha256="1f")
    assert fingerprint(picture) == "1f"
    assert picture.size_in_file == (8, 8)
    assert Picture(picture.rgb).size_in_file == (4, 4)


def test_the_factor_of_a_file(samples: NDArray[np.uint8], tmp_path: Path) -> None:
    with picture_sources.opened(png(samples, tmp_path)) as opened:
        assert [lean_reading.factor(opened, side) for side in (None, 203, 101, 67, 1)] == [
            1, 1, 2, 3, 9,
        ]  # fmt: skip
