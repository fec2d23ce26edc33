"""nst_gimp.engine.again: what changes when a painting is painted once more."""

from __future__ import annotations

from nst_gimp.engine.again import GO_ON, IN_NORMAL, VARIANT, settings_for

from nst_contract.settings import Settings

DRAFT = Settings.from_preset("draft", strength=0.5, seed=4, color="luminance").as_dict()


def changed(kind: str, settings: dict[str, object], is_builtin: bool = False) -> dict[str, object]:
    again = settings_for(kind, settings, 17, is_builtin)
    return {name: value for name, value in again.items() if value != settings[name]}


def test_a_draft_again_in_normal_keeps_all_that_is_not_the_presets() -> None:
    normal = Settings.from_preset("normal").as_dict()
    assert changed(IN_NORMAL, DRAFT) == {"preset": "normal", "evaluations": normal["evaluations"]}


def test_a_variant_has_another_seed_and_a_start_that_depends_on_it() -> None:
    once, twice = (changed(VARIANT, DRAFT) for _ in range(2))
    assert set(once) == {"seed", "start"}
    assert once["start"] == "style-noise"
    assert once["seed"] != twice["seed"]
    # The engine paints another picture for the style: that is variety enough.
    assert set(changed(VARIANT, DRAFT, is_builtin=True)) == {"seed"}


def test_going_on_starts_from_the_result_at_its_finest_scale() -> None:
    assert changed(GO_ON, DRAFT) == {"start": "picture", "coarsest": 0, "evaluations": 17}


def test_what_went_on_is_painted_from_the_beginning_again() -> None:
    continued = settings_for(GO_ON, DRAFT, 17, is_builtin=False)
    assert settings_for(IN_NORMAL, continued, 17, is_builtin=True) == settings_for(
        IN_NORMAL, DRAFT, 17, is_builtin=True
    )
    assert settings_for(GO_ON, continued, 17, is_builtin=False) == continued
