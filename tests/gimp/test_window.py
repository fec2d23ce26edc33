"""The plug-in through GIMP's window, as a person uses it.

Both visits go to every GIMP: dialogs, menus, undo and what is remembered are GIMP's own. Each is
one run of GIMP, at which several tests look.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.gimp.bench import Bench
from tests.gimp.harness.locate import Gimp
from tests.gimp.versions import each_gimp
from tests.gimp.visit import Visit, saved_scene

pytestmark = each_gimp


@pytest.fixture(scope="module")
def with_painting(
    shared_gimp: Bench, gimp: Gimp, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Visit:
    """To an image of a photograph above, which has a layer mask, and a painting below."""
    folder = tmp_path_factory.mktemp("with-painting")
    return Visit(gimp, folder, "painting.py", saved_scene(shared_gimp, pictures, folder))


@pytest.fixture(scope="module")
def without_painting(gimp: Gimp, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """To an image of nothing but a photograph."""
    files = str(pictures / "photo.png"), str(pictures / "style.png")
    return Visit(gimp, tmp_path_factory.mktemp("without-painting"), "without_painting.py", *files)


def test_with_the_quick_mask_on_the_window_says_what_to_do(with_painting: Visit) -> None:
    assert with_painting.part("quick_mask") == {
        "told": [
            "The quick mask is on: what it selects is not yet selected.",
            "Choose Select > Toggle Quick Mask, select the layer, and try again.",
        ],
        "messages": [],
    }


# Both scripts wait for the end of the engine whenever they leave a dialog or a run: by Cancel,
# Escape or the window's cross, after Paint, with the image closed, and with GIMP killed.


def test_closing_the_image_ends_dialog_and_engine(with_painting: Visit) -> None:
    assert with_painting.part("close_behind_the_dialog") == {"messages": []}


def test_closing_the_image_ends_the_engine_in_mid_run(with_painting: Visit) -> None:
    assert with_painting.part("close_in_mid_run") == {"messages": []}


def test_a_strength_mask_that_will_not_do_is_named_before_anything_is_painted(
    with_painting: Visit,
) -> None:
    assert with_painting.part("strength") == {
        # Images of the same name are told apart by the numbers in their titles.
        "offered": [
            "None",
            "Golden Gate",
            "Golden Gate (scene.xcf-2)",
            "Golden Gate (scene.xcf-1)",
        ],
        "with another loss": [
            "With this style loss, the strength is the same everywhere.",
            "Choose the style loss Place by place (neighbors), or no strength mask.",
        ],
        "protect": True,
    }


def test_every_field_has_a_name_and_none_that_of_another(with_painting: Visit) -> None:
    seen = with_painting.part("names")
    assert seen["fields"] > 40
    assert seen["without a name"] == []
    assert seen["with the same name"] == []


def test_the_wheel_scrolls_and_a_double_click_resets_a_slider(with_painting: Visit) -> None:
    # The script waits for the slider's usual value.
    seen = with_painting.part("names")
    assert seen["changed by the wheel"] == []
    assert seen["scrolled by the wheel"]


def test_the_preset_that_is_described_is_the_one_that_is_marked(with_painting: Visit) -> None:
    # The script waits for what is said of each.
    assert with_painting.part("presets") == {"fine": ["Fine"], "own": [], "usual": ["Normal"]}


def test_styles_of_any_kind_are_mixed_taken_off_and_swapped(with_painting: Visit) -> None:
    assert with_painting.part("several_styles") == {
        "after a reset": 'Style 1: "Starry Night", 64 x 80 px',
        "swapped": 'Style 1: "Golden Gate", 96 x 64 px',
    }


def test_keys_lead_from_the_menu_to_a_painted_layer(with_painting: Visit) -> None:
    assert with_painting.part("by_keys") == {
        "begins with": 'Style 1: "Starry Night", 64 x 80 px',
        "chosen": 'Style 1: "Swirls" (built-in), swirling thick strokes of oil',
        "stops in the gallery": 1,
        "stops under Advanced": [],
        "after all stops": 'Style 1: "Swirls" (built-in), swirling thick strokes of oil',
        "layers": "5 layers",
    }


def test_choose_watch_and_finish(with_painting: Visit) -> None:
    assert with_painting.part("choose_watch_and_finish") == {
        "suggested": 'Style 1: "Starry Night", 64 x 80 px',
        "keys of the presets": [True] * 3,
        "keys that two answer to": [],
        "forecasts before": ["96 x 64 px"] * 3,
        "followed": ["style", "stroke size", "colours", "strength", "strength, twice at once"],
        "layers": "3 layers",
    }


def test_undo_redo_and_repeat(with_painting: Visit) -> None:
    assert with_painting.part("undo_redo_and_repeat") == {
        "after undo": "2 layers",
        "after redo": "3 layers",
        "repeated": "4 layers",
    }


def test_settings_are_remembered_and_a_run_can_be_cancelled_by_its_user_or_by_a_kill(
    with_painting: Visit,
) -> None:
    assert with_painting.part("cancel") == {
        "remembered": [10000, 'Style 1: "Starry Night", 64 x 80 px'],
        "layers": "4 layers",
    }
    assert with_painting.part("kill_gimp") == {"engines": []}
    with_painting.check_end()
    # The repeated run, and the cancelled one, had the values of the first: one scale of 64 pixels.
    only_scale = r"plan=\[\{'width': 64, [^{}]*'evaluations': 10000,[^{}]*\}\]"
    planned = re.findall(f"planned: .*{only_scale}", with_painting.log)
    assert len(planned) == 3
    assert with_painting.left_behind == []


def test_a_painting_opened_as_a_layer_is_taken_for_the_style(without_painting: Visit) -> None:
    seen = without_painting.part("opened_as_layers")
    assert seen == {
        "told": [
            '"style.png" was opened last, above the other layer: it is taken for the painting. '
            "Swap makes it the photograph."
        ],
        "photograph": "photo.png",
        "style": 'Style 1: "style.png", 64 x 80 px',
        "without the layer": [],
    }


def test_without_a_style_the_dialog_says_so_and_helps(without_painting: Visit) -> None:
    assert without_painting.part("without_style") == {
        "there is no other layer": True,
        "guide": "neural-style/help/index.html",
        "told": ["No style is chosen.", "Choose a style to paint in."],
    }


def test_a_picture_file_is_chosen_and_seen(without_painting: Visit) -> None:
    assert without_painting.part("picture_files") == {
        "a copy of the photograph": True,
        "the photograph upright": False,
        "another picture": False,
        "of a phone": 'Style 1: "phone.jpg" (a file), 64 x 96 px',
        "by its picture": 'Style 1: "photo.png" (a file), 96 x 64 px',
        "dropped": 'Style 1: "style.png" (a file), 64 x 80 px',
        "no UTF-8": 'Style 1: "B\ufffdume.png" (a file)',
        "told": [
            "No picture to start from is chosen.",
            "Choose a layer or a file under Advanced, or another start.",
        ],
    }


def test_a_built_in_style_is_chosen_painted_and_remembered(without_painting: Visit) -> None:
    swirls = 'Style 1: "Swirls" (built-in), swirling thick strokes of oil'
    assert without_painting.part("built_in") == {
        "chosen": swirls,
        "sketched": "Sketch of 64 x 43 px",
        "followed": ["stroke size", "colours", "style", "strength"],
        "painted": "2 layers",
        "repeated": "3 layers",
        "remembered": [swirls, "Sunset", "cpu"],
        "a folder": True,
        "a layer": 'Style 1: "Photo (Neural Style: Swirls) #1", 96 x 64 px',
    }


def test_a_missing_engine_is_shown_in_a_window_with_the_remedy(without_painting: Visit) -> None:
    seen = without_painting.part("missing_engine")
    assert seen["messages of GIMP"] == []
    message, advice, log = seen["told"][:3]
    assert "there is no /gone/python" in message
    assert "install.sh --repair" in advice
    assert log.endswith("/gimp-neural-style/log/plug-in.log")
    assert "PROBLEM The engine of Neural Style is missing" in seen["report"]
    assert "install.sh --repair" in seen["report"]
    without_painting.check_end()
    assert without_painting.left_behind == []
