"""What the dialog begins with, and what is left of it when a run fails or is done."""

from __future__ import annotations

from nst_contract.settings import Settings
from tests.gimp.bench import Bench

SETTINGS = Settings().as_dict()
USUAL = {
    "start layer": None,
    **{name: SETTINGS[name] for name in ("start", "coarsest", "evaluations")},
}


def test_after_an_error_the_dialog_comes_back_as_it_was_left(bench: Bench) -> None:
    assert bench.run("asking.after_an_error") == {
        "first": {"photograph": "photo", "styles": [["style", None]], **USUAL},
        "then": {
            "photograph": "photo",
            "styles": [["mosaic", None], ["other", 3.0]],
            **USUAL,
            "start layer": "other",
        },
    }


def test_roles_that_were_swapped_back_stay_so_after_an_error(bench: Bench) -> None:
    photographs, told = bench.run("asking.swapped_back")
    assert photographs == ["photo", "painting"]
    assert told == ["painting", None]


def test_going_on_once_leaves_the_settings_of_the_dialog_alone(bench: Bench) -> None:
    found = bench.run("asking.going_on")
    style = [["style", None]]
    assert found["used"] == {
        "styles": style,
        "start layer": "painted",
        "start": "picture",
        "coarsest": 0,
        "evaluations": 17,
    }
    dialog = {"styles": style, **USUAL, "evaluations": 7}
    # The layers among the arguments are kept apart from GIMP.
    assert found["kept"] == {**dialog, "styles": []}
    assert found["repeated"] == dialog


def test_a_style_that_is_gone_is_named_and_no_other_one_takes_its_place(bench: Bench) -> None:
    found = bench.run("asking.style_gone")
    gone = 'The style "gone" cannot be found any more.'
    assert found["told"] == [gone, "The settings are taken; the styles stay as they are chosen."]
    assert found["stays"] == [["swirls", None]]
    status, text = found["in the menu"]
    assert status == "CALLING_ERROR"
    assert f"{gone}\nOpen it again, or choose another one" in text
    assert found["second style"] == 'The style "lost" cannot be found any more.'
    assert found["strength mask"] == 'The strength mask "worn" cannot be found any more.'


def test_what_was_painted_here_is_not_suggested_as_a_style(bench: Bench) -> None:
    assert bench.run("asking.suggested") == {
        "beside a style": [["style", None]],
        "beside a painting": [],
    }


def test_of_the_last_styles_none_is_the_photograph_and_none_is_lost_without_a_word(
    bench: Bench,
) -> None:
    found = bench.run("asking.last_styles")
    assert found["the first is painted"] == [["other", None]]
    assert found["the second is painted"] == [["style", None]]
    status, text = found["the second is gone"]
    assert status != "SUCCESS"
    assert "closed or removed" in text


def test_a_style_that_becomes_the_photograph_changes_places_with_it_everywhere(
    bench: Bench,
) -> None:
    assert bench.run("asking.change_places") == [["other", None], ["photo", 1.0], ["photo", 1.0]]
