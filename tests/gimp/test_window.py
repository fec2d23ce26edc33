"""The plug-in through GIMP's window, as a person uses it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.gimp.bench import Bench

SCRIPTS = Path(__file__).parent / "window"


@pytest.fixture
def scene(bench: Bench, pictures: Path) -> Path:
    """An XCF file with a photograph above and a painting below."""
    path = pictures / "scene.xcf"
    bench.run(
        f"""
        image = Gimp.Image.new(96, 80, Gimp.ImageBaseType.RGB)
        for name in ("style", "photo"):
            file = Gio.File.new_for_path(f"{pictures}/{{name}}.png")
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, file)
            image.insert_layer(layer, None, 0)
            layer.set_name({{"photo": "Golden Gate", "style": "Starry Night"}}[name])
        image.set_selected_layers([image.get_layers()[0]])
        scene = Gio.File.new_for_path("{path}")
        Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, scene, None)
        """,
        lean=False,
    )
    return path


def test_choose_the_style_paint_undo_redo_and_repeat(bench: Bench, scene: Path) -> None:
    run = bench.run_gui(SCRIPTS / "paint_and_undo.py", str(scene))
    assert run.returncode == 0, run.log
    assert run.value == {
        "suggested": 'The style is "Starry Night" of scene.xcf.',
        "chosen": 'The style is "Starry Night" of scene.xcf.',
        "after paint": "3 layers",
        "after undo": "2 layers",
        "after redo": "3 layers",
        "repeated": "4 layers",
        "kept": [4, 'The style is "Starry Night" of scene.xcf.'],
    }
    # The repeated run had the values of the first.
    assert len(re.findall("done: .*'evaluations': 4,", bench.log())) == 2


def test_cancel_ends_the_engine_and_leaves_the_image(bench: Bench, scene: Path) -> None:
    run = bench.run_gui(SCRIPTS / "cancel.py", str(scene))
    assert run.returncode == 0, run.log
    assert run.value == "2 layers"


def test_closing_the_image_ends_the_engine(bench: Bench, scene: Path) -> None:
    run = bench.run_gui(SCRIPTS / "close_image.py", str(scene))
    assert run.returncode == 0, run.log
    assert run.value == {"engine gone": True, "messages": []}


def test_without_a_style_the_dialog_says_so_and_stays(bench: Bench, pictures: Path) -> None:
    run = bench.run_gui(SCRIPTS / "no_style.py", str(pictures / "photo.png"))
    assert run.returncode == 0, run.log
    assert run.value == {
        "told": "No style is chosen. Choose a layer or a picture file to take the style from.",
        "dialog is still there": True,
        "layers": "1 layer",
    }


def test_a_missing_engine_is_shown_in_a_window_with_the_remedy(
    bench: Bench, pictures: Path
) -> None:
    engine_file = bench.plug_ins / "neural-style" / "engine.json"
    engine_file.write_text(engine_file.read_text().replace(sys.executable, "/gone/python"))
    run = bench.run_gui(SCRIPTS / "missing_engine.py", str(pictures / "photo.png"))
    assert run.returncode == 0, run.log
    assert "there is no /gone/python" in run.value
    assert "install.sh --repair" in run.value
