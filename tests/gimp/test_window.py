"""The plug-in through GIMP's window, as a person uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.gimp.bench import Bench

SCRIPTS = Path(__file__).parent / "window"


@pytest.fixture(scope="module")
def scene(shared_gimp: Bench, pictures: Path) -> Path:
    """An XCF file with a photograph above, which has a layer mask, and a painting below."""
    path = pictures / "scene.xcf"
    with shared_gimp.visit():
        shared_gimp.run("scenes.save_for_window", pictures=str(pictures), path=str(path))
    return path


def test_choose_watch_finish_undo_redo_repeat_and_cancel(bench: Bench, scene: Path) -> None:
    run = bench.run_gui(SCRIPTS / "tour.py", str(scene))
    assert run.returncode == 0, run.log
    assert run.value == {
        "suggested": 'The style is "Starry Night", 64 x 80 px.',
        "keys of the presets": [True] * 3,
        "keys that two answer to": [],
        "forecasts before": ["96 x 64 px"] * 3,
        "after Finish Now": "3 layers",
        "after undo": "2 layers",
        "after redo": "3 layers",
        "repeated": "4 layers",
        "kept": [10000, 'The style is "Starry Night", 64 x 80 px.'],
        "cancelled": "4 layers",
    }
    # The repeated run had the values of the first.
    assert len(re.findall("planned: .*'width': 64, .*'evaluations': 10000,", bench.log())) == 3
    assert bench.left_behind() == []


def test_closing_the_image_ends_the_engine(bench: Bench, scene: Path) -> None:
    run = bench.run_gui(SCRIPTS / "close_image.py", str(scene))
    assert run.returncode == 0, run.log
    assert run.value == {"engine gone": True, "messages": []}


def test_without_a_painting_the_dialog_takes_a_picture_file_or_paints_a_style_itself(
    bench: Bench, pictures: Path
) -> None:
    files = str(pictures / "photo.png"), str(pictures / "style.png")
    run = bench.run_gui(SCRIPTS / "no_style.py", *files)
    assert run.returncode == 0, run.log
    assert run.value == {
        "there is no other layer": True,
        "guide": "neural-style/help/index.html",
        "told": ["No style is chosen.", "Choose a style to paint in."],
        "a copy of the photograph": True,
        "another picture": False,
        "told of the start": [
            "No picture to start from is chosen.",
            "Choose a layer or a file under Advanced, or another start.",
        ],
        "by its picture": 'The style is "photo.png" (a file), 96 x 64 px.',
        "built in": 'The style is "Swirls" (built-in), swirling thick strokes of oil.',
        "painted": "2 layers",
        "repeated": "3 layers",
        "remembered": [
            'The style is "Swirls" (built-in), swirling thick strokes of oil.',
            "sunset",
            "cpu",
        ],
        "a layer": 'The style is "Photo (Neural Style: Swirls)", 96 x 64 px.',
    }


def test_a_missing_engine_is_shown_in_a_window_with_the_remedy(
    bench: Bench, pictures: Path
) -> None:
    bench.use_engine("/gone/python")
    run = bench.run_gui(SCRIPTS / "missing_engine.py", str(pictures / "photo.png"))
    assert run.returncode == 0, run.log
    assert run.value["windows of GIMP"] == 0
    message, advice, log = run.value["told"][:3]
    assert "there is no /gone/python" in message
    assert "install.sh --repair" in advice
    assert log.endswith("/gimp-neural-style/log/plug-in.log")
    assert "PROBLEM The engine of Neural Style is missing" in run.value["report"]
    assert "install.sh --repair" in run.value["report"]
