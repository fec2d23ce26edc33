"""Runs through GIMP's window, in German: refused, stopped, painted again, and remembered.

Dialogs, menus and keys are GIMP's own, so this visit goes to every GIMP; it is one run of each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gimp.bench import Bench
from tests.gimp.harness.locate import Gimp
from tests.gimp.versions import each_gimp
from tests.gimp.visit import Visit, saved_scene

pytestmark = each_gimp


@pytest.fixture(scope="module")
def runs(
    shared_gimp: Bench, gimp: Gimp, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> Visit:
    """To an image of a photograph above a painting."""
    folder = tmp_path_factory.mktemp("runs")
    return Visit(gimp, folder, "runs.py", saved_scene(shared_gimp, pictures, folder))


def test_what_does_not_fit_cannot_be_painted_and_a_button_helps(runs: Visit) -> None:
    seen = runs.part("refused")
    assert seen["paint"] is False
    assert "Arbeitsspeicher, aber nur 0,30 GiB" in seen["why"]
    assert seen["memory"] == 0
    gigabytes, size = seen["forecast"][-3:-1], seen["forecast"][-1]
    assert (gigabytes[1].endswith(" GiB"), size) == (True, " 96 x 64 px")


def test_an_error_after_paint_brings_the_dialog_back_as_it_was(runs: Visit) -> None:
    assert runs.part("broken") == {"settings": [64, 10000]}


def test_much_work_is_never_lost_without_a_question(runs: Visit) -> None:
    assert runs.part("stopped") == {
        "title": "Neural Style: Golden Gate",
        "asked": ["Malen abbrechen?"],
        "layers": "3 layers",
    }


def test_a_painted_layer_is_painted_again_and_its_end_told_to_who_looks_elsewhere(
    runs: Visit,
) -> None:
    assert runs.part("again") == {
        "painted": "Golden Gate",
        "layers": "5 layers",
        "told": ["»Golden Gate« ist fertig gemalt."],
    }


def test_results_and_presets_are_remembered(runs: Visit) -> None:
    assert runs.part("remembered") == {
        "from another picture": False,
        "results": 3,
        "evaluations": 10000,
    }


def test_no_sentence_is_left_in_english(runs: Visit) -> None:
    assert runs.part("examined") == {"end": "Alles ist in Ordnung."}
    assert runs.part("english") == []
    assert runs.part("texts") > 300
    runs.check_end()
    assert runs.left_behind == []
