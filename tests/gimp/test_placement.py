"""Where a painting goes: it is seen, it looks as its photograph did, and one undo takes it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp

pytestmark = each_gimp  # how layers are composed and transformed, and what floats


def test_a_painting_lies_above_what_would_cover_it_and_a_style_on_top_is_hidden(
    bench: Bench, tmp_path: Path
) -> None:
    assert bench.run("placement.above_what_covers_it", folder=str(tmp_path)) == {
        "text": ["text", "painting", "photo"],
        "copy": ["painting", "copy", "photo"],
        "style": ["(style)", "painting", "photo"],
        "small style": ["small style", "painting", "photo"],
        "painted before": ["painting #1", "painted before", "painting", "photo"],
        "half opaque": ["half opaque", "painting", "photo"],
    }


def test_mode_and_opacity_are_the_contents_which_is_hidden_where_it_would_count_twice(
    bench: Bench, tmp_path: Path
) -> None:
    seen = bench.run("placement.blended", folder=str(tmp_path))

    def looks(mode: str, opacity: int, visible: bool) -> dict[str, object]:
        return {
            "mode": mode,
            "opacity": opacity,
            "content visible": visible,
            "same canvas": True,
        }

    assert seen == {
        "multiply": looks("multiply", 100, visible=False),
        "opacity": looks("normal", 40, visible=False),
        "alpha": looks("normal", 100, visible=False),
        "opaque": looks("normal", 100, visible=True),
        "pass-through": looks("normal", 100, visible=True),
        "locked": looks("normal", 100, visible=True),
        "opacity, locked": looks("normal", 40, visible=False),
    }


def test_painted_parts_of_a_blended_layer_share_a_group_that_is_blended_as_it_was(
    bench: Bench, tmp_path: Path
) -> None:
    seen = bench.run("placement.blended_in_part", folder=str(tmp_path))
    below = ["(photo)", "ground"]
    hidden = ["(photo, painted in part)", *below]
    for case, (mode, opacity) in {
        "multiply": ("multiply", 100),
        "opacity": ("normal", 40),
        "masked": ("multiply", 100),
    }.items():
        assert seen[case] == {
            "stack": ["photo, painted in part", *below],
            "in the group": ["painting #1", "painting", "photo copy"],
            "mode": mode,
            "opacity": opacity,
            # Nothing of the photograph is seen through the parts: the canvas is as it was.
            "worst": pytest.approx(0, abs=1),
            "then all of it": ["painting #2", *hidden],
            "then a part": ["painting #2, painted in part", "(painting #2)", *hidden],
            "worst of all": pytest.approx(0, abs=1),
        }, case


def test_a_painting_that_is_not_seen_is_told_of_with_what_to_click_on(
    bench: Bench, tmp_path: Path
) -> None:
    told = bench.run("placement.notices", folder=str(tmp_path))
    assert told["seen"] == told["hidden itself"] == []
    (hidden,), (covered,), (changed,) = (
        told[case] for case in ("hidden group", "covered group", "changed")
    )
    assert 'because "group" is hidden: click on the place of the eye' in hidden
    assert 'because "cover" covers it: click on the eye' in covered
    assert '"photo" was changed while it was being painted' in changed


def test_a_layer_turned_mirrored_or_scaled_in_mid_run_gets_its_painting_alike(
    bench: Bench, tmp_path: Path
) -> None:
    cases = bench.run("placement.changed_in_mid_run", folder=str(tmp_path))
    sizes = {"a quarter": [48, 64], "back": [48, 64], "scaled": [128, 96]}
    for change in ("nothing", "a quarter", "a half", "back", "mirrored", "scaled"):
        for part in ("all", "a part"):
            assert cases.pop(f"{change}, {part}") == {
                "known": True,
                "name": "painting",
                "worst": 0,
                "size": sizes.get(change, [64, 48]),
                "content untouched": True,
            }, (change, part)
    # Nobody can tell where a part of the layer has gone: nothing is lost, and the user is told.
    for cropped in cases.values():
        assert not cropped["known"]
        assert cropped["size"] == [64, 48]
        assert cropped["content untouched"]


def test_what_is_not_clearly_a_layer_gets_a_message_with_a_remedy(bench: Bench) -> None:
    told = bench.run("placement.odd_selections")
    expected = {
        "quick mask": ("The quick mask is on", "Select > Toggle Quick Mask"),
        "floating": ("A part of the image floats", "Layer > Anchor Floating Layer"),
        "empty group": ('The group "nothing" is empty', "a group with layers in it"),
    }
    assert set(told) == set(expected)
    for case, (what, remedy) in expected.items():
        message, advice = told[case]
        assert what in message
        assert remedy in advice
