"""What the tests in a real GIMP share: the GIMPs there are, with our plug-in in each.

A test runs in the newest GIMP, unless it is marked with ``each_gimp``: what it asks for then
depends on GIMP itself, of which each version has its own ways (each such test says which).
All tests of a version share one GIMP, which is as new for each of them; those that must have one
for themselves use ``own_gimp``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from tests.gimp.bench import Bench
from tests.gimp.harness.locate import Gimp
from tests.gimp.versions import label, newest

# An environment for many precisions in one GIMP. For each pair of formats babl times the ways
# between them, which takes five times as long as all the rest, and by chance finds one the quickest
# that is off by 1e-7; a mask's 1 then is none any more. With a length of 1 there is but one way.
_EXACT = {"BABL_PATH_LENGTH": "1", "BABL_TOLERANCE": "0"}


@pytest.fixture(scope="session", params=[newest()], ids=label)
def gimp(request: pytest.FixtureRequest) -> Gimp:
    """A real GIMP 3; it is an error to have none."""
    found: Gimp | None = request.param
    if found is None:
        pytest.fail("There is no GIMP 3: run ./install.sh --test, or set NST_GIMP_ROOTFS.")
    return found


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Bench]]:
    """Hands out one GIMP for each version and environment; they run until all tests are done.

    A fixture that depends on ``gimp`` would end with each change of the version: pytest-xdist gives
    a process one module after the other, and each has tests for all versions.
    """
    found: dict[tuple[str, ...], Bench] = {}
    with contextlib.ExitStack() as stack:

        def get(gimp: Gimp, **env: str) -> Bench:
            key = (gimp.label, *env)
            if key not in found:
                folder = tmp_path_factory.mktemp("gimp")
                found[key] = stack.enter_context(Bench(gimp, folder, env))
            return found[key]

        yield get


@pytest.fixture(scope="session")
def shared_gimp(gimp: Gimp, running: Callable[..., Bench]) -> Bench:
    """The GIMP that all tests of a version share: use it by ``visit``."""
    return running(gimp)


@pytest.fixture(scope="session")
def exact_gimp(gimp: Gimp, running: Callable[..., Bench]) -> Bench:
    """Another one, in which conversions between pixel formats are exact rather than quick."""
    return running(gimp, **_EXACT)


@pytest.fixture
def bench(shared_gimp: Bench) -> Iterator[Bench]:
    """The shared GIMP as new; at the end nothing of the plug-in may be left."""
    with shared_gimp.visit():
        yield shared_gimp


@pytest.fixture
def exact_bench(exact_gimp: Bench) -> Iterator[Bench]:
    """The GIMP with exact conversions as new; at the end nothing of the plug-in may be left."""
    with exact_gimp.visit():
        yield exact_gimp


@pytest.fixture
def own_gimp(gimp: Gimp, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes a GIMP for this test alone; takes variables of its environment."""
    made: list[Bench] = []

    def make(**env: str) -> Bench:
        made.append(Bench(gimp, tmp_path / f"own-gimp-{len(made)}", env))
        return made[-1]

    yield make
    for bench in made:
        bench.wait_until_clean()
        bench.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photo.png (96 x 64) and style.png (64 x 80), both full of structure.

    And with phone.jpg, the photo as of a phone that was held upright: 64 x 96, kept on its side.
    """
    rows, columns = np.mgrid[0:80, 0:96]
    photo = np.stack([columns * 2, rows * 3, 255 - columns], axis=2)[:64]
    stripes = np.sin((rows + columns)[:, :64] / 3)
    style = np.stack([200 + 50 * stripes, 120 * (stripes > 0), 80 - 60 * stripes], axis=2)
    folder = tmp_path_factory.mktemp("pictures")
    for name, pixels in (("photo", photo), ("style", style)):
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{name}.png")
    orientation = Image.Exif()
    orientation[ExifTags.Base.Orientation] = 6
    Image.open(folder / "photo.png").save(folder / "phone.jpg", exif=orientation)
    return folder
