"""What the tests in a real GIMP share: every GIMP there is, with our plug-in in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.gimp.bench import Bench, install
from tests.gimp.harness.locate import Gimp, find_gimps

GIMPS: list[Gimp | None] = [*find_gimps()]


@pytest.fixture(scope="session", params=GIMPS or [None], ids=lambda g: g.label if g else "none")
def gimp(request: pytest.FixtureRequest) -> Gimp:
    """Each real GIMP 3 in turn; it is an error to have none."""
    found: Gimp | None = request.param
    if found is None:
        pytest.fail("There is no GIMP 3: run ./install.sh --test, or set NST_GIMP_ROOTFS.")
    return found


@pytest.fixture
def bench(gimp: Gimp, tmp_path: Path) -> Iterator[Bench]:
    """A GIMP with our plug-in; at the end nothing of the plug-in may be left."""
    plug_ins = tmp_path / "GIMP" / "plug-ins"
    install(plug_ins, sys.executable)
    home = tmp_path / "Zoë's hôme"
    home.mkdir()
    bench = Bench(gimp, plug_ins, home)
    yield bench
    bench.wait(lambda: not bench.left_behind(), "the plug-in to clean up", seconds=5)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with photo.png (96 x 64) and style.png (64 x 80), both full of structure."""
    rows, columns = np.mgrid[0:80, 0:96]
    photo = np.stack([columns * 2, rows * 3, 255 - columns], axis=2)[:64]
    stripes = np.sin((rows + columns)[:, :64] / 3)
    style = np.stack([200 + 50 * stripes, 120 * (stripes > 0), 80 - 60 * stripes], axis=2)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, pixels in (("photo", photo), ("style", style)):
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{name}.png")
    return folder
