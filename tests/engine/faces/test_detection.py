"""nst_core.faces.detection: faces are found where there are any, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
import types

import numpy as np
import pytest

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.platforms import installer
from nst_contract.settings import Settings
from nst_core.faces import detection
from nst_core.pictures.picture import Picture
from tests.helpers.photographs import ASTRONAUT, COFFEE, TISSUE, photograph

PROTECTED = Settings.from_preset("normal", style_loss="neighbors", protect="faces")


@pytest.mark.parametrize("side", [256, 512, 1500])
def test_a_face_is_found_in_a_picture_of_any_size(side: int) -> None:
    (face,) = detection.find(photograph(ASTRONAUT, side, side))
    # Eyes and mouth of the astronaut, who looks at us from the upper middle of the picture.
    for x, y in ((0.41, 0.20), (0.47, 0.20), (0.44, 0.27)):
        assert face.x < x < face.x + face.width
        assert face.y < y < face.y + face.height
    assert 0.1 < face.width < 0.3
    assert 0.1 < face.height < 0.3


@pytest.mark.parametrize("name", [COFFEE, TISSUE])
def test_none_is_found_where_there_is_none(name: str) -> None:
    assert detection.find(photograph(name, 300, 200)) == []


def test_all_faces_are_found_the_largest_first() -> None:
    large, small = (photograph(ASTRONAUT, side, side).rgb for side in (512, 256))
    both = np.full((512, 768, 3), 0.5, np.float32)
    both[:256, :256], both[:, 256:] = small, large
    first, second = detection.find(Picture(both))
    assert first.x > 1 / 3
    assert second.x < 1 / 3


def test_a_picture_too_small_for_faces_has_none() -> None:
    assert detection.find(photograph(ASTRONAUT, 16, 16)) == []


def test_hidden_and_infinite_colours_are_no_obstacle() -> None:
    picture = photograph(ASTRONAUT, 256, 256)
    rgb, alpha = picture.rgb.copy(), np.ones((256, 256), np.float32)
    rgb[200:], alpha[200:] = np.nan, 0
    rgb[:10] = np.inf
    assert len(detection.find(Picture(rgb, alpha))) == 1


def test_a_search_that_was_begun_before_finds_the_same() -> None:
    waited_for, begun = (photograph(ASTRONAUT, 1500, 1500) for _ in range(2))
    detection.begin(begun)
    assert detection.find(begun) == detection.find(waited_for) != []


def test_faces_are_looked_for_before_torch_is_there() -> None:
    code = (
        "import sys, numpy as np\n"
        "from nst_core.faces import detection\n"
        "from nst_core.pictures.picture import Picture\n"
        "detection.find(Picture(np.full((1100, 1500, 3), 0.5, np.float32)))\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_number_of_opencvs_threads_is_left_as_it_was() -> None:
    import cv2

    before = cv2.getNumThreads()
    detection.find(photograph(ASTRONAUT, 64, 64))
    assert cv2.getNumThreads() == before


def test_faces_need_a_style_loss_that_knows_places() -> None:
    detection.check(PROTECTED)
    detection.check(Settings())
    with pytest.raises(NstError, match="protect is 'faces', but style_loss is 'gram'") as caught:
        detection.check(Settings(style_loss="gram", protect="faces"))
    assert caught.value.code == BAD_SETTING
    assert "neighbors" in caught.value.advice


def test_without_opencv_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    detection.check(Settings(protect="nothing"))
    detection.check(Settings(style_loss="gram"))
    with pytest.raises(NstError, match="OpenCV, which finds them, is not installed") as caught:
        detection.check(PROTECTED)
    assert caught.value.code == BAD_SETTING
    with pytest.raises(NstError, match="OpenCV, which finds them, is not installed"):
        detection.check(Settings())
    assert f"{installer.SCRIPT} again" in caught.value.advice


def test_an_opencv_without_cascades_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    newer = types.ModuleType("cv2")
    monkeypatch.setattr(newer, "__version__", "5.0.0", raising=False)
    monkeypatch.setitem(sys.modules, "cv2", newer)
    with pytest.raises(NstError, match=r"OpenCV 5\.0\.0 does not find them"):
        detection.check(PROTECTED)
