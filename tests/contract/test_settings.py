"""nst_contract.settings: defaults, ranges and presets, which every face of the engine reads."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import pytest

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.settings import PRESETS, SPECS, Settings

FLAGS = [name for name in SPECS if isinstance(getattr(Settings(), name), bool)]
TEXTS = [n for n, s in SPECS.items() if isinstance(getattr(Settings(), n), str) and not s.choices]
NUMBERS = [n for n, s in SPECS.items() if not s.choices and n not in (*FLAGS, *TEXTS)]
WHOLE = ("size", "coarsest", "evaluations", "seed", "threads")


def settings(**values: Any) -> Settings:
    return Settings(**values)


def refusal(**values: Any) -> NstError:
    with pytest.raises(NstError) as caught:
        settings(**values)
    assert caught.value.code == BAD_SETTING
    assert caught.value.advice
    return caught.value


def test_gatys_is_the_published_notebook() -> None:
    # https://github.com/leongatys/PytorchNeuralStyleTransfer: content weight 1, style weights
    # 1e3 / n^2, 500 iterations on the pixels at one scale, from the content, style as large.
    settings = Settings.from_preset("gatys")
    assert settings.content_weight == 1
    assert settings.style_weight == 1e3
    assert settings.evaluations == 500
    assert settings.style_scale == 1
    assert settings.coarsest == 0
    assert settings.start == "content"
    assert settings.fourier_exponent == 0


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_bounded_unless_asked_otherwise(name: str) -> None:
    assert not Settings.from_preset(name).unbounded
    assert Settings.from_preset(name, unbounded=True).unbounded


def test_without_a_preset_normal_is_taken() -> None:
    assert Settings() == Settings.from_preset("normal")
    assert Settings().preset == "normal"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_for_and_bears_its_name(name: str) -> None:
    assert PRESETS[name].description
    assert Settings.from_preset(name).preset == name


def test_every_preset_can_be_chosen() -> None:
    assert set(SPECS["preset"].choices) == set(PRESETS)


def test_values_given_win_over_the_preset() -> None:
    settings = Settings.from_preset("gatys", evaluations=7)
    assert settings.evaluations == 7
    assert settings.start == "content"


@pytest.mark.parametrize("name", SPECS)
def test_every_setting_has_label_and_help(name: str) -> None:
    assert SPECS[name].label
    assert SPECS[name].help.endswith(".")


@pytest.mark.parametrize("name", NUMBERS)
def test_both_ends_of_a_range_are_allowed_and_nothing_beyond(name: str) -> None:
    low, high = SPECS[name].low, SPECS[name].high
    kind = int if name in WHOLE else float
    for end in (low, high):
        assert getattr(settings(**{name: kind(end)}), name) == end
    for beyond in (kind(low) - 1, kind(high) + 1):
        error = refusal(**{name: beyond})
        assert f"{name} is {beyond}" in error.message
        assert f"{low:g} to {high:g}" in error.advice


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [True, None, "5", [1], math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(name: str, value: object) -> None:
    assert name in refusal(**{name: value}).message


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_must_be_whole(name: str) -> None:
    assert "whole" in refusal(**{name: 20.0}).advice


@pytest.mark.parametrize("name", sorted(set(NUMBERS) - set(WHOLE)))
def test_a_whole_number_is_a_number_too(name: str) -> None:
    assert getattr(settings(**{name: 1}), name) == 1


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", [0, 1, None, "true"])
def test_a_flag_is_true_or_false(name: str, value: object) -> None:
    assert "true or false" in refusal(**{name: value}).advice


@pytest.mark.parametrize("name", ["size", "coarsest"])
@pytest.mark.parametrize("value", [1, 15])
def test_a_size_that_the_network_cannot_see_is_refused(name: str, value: int) -> None:
    assert f"{name} is {value}" in refusal(**{name: value}).message


@pytest.mark.parametrize("device", ["cuda:0", "cuda:12", "xpu:1"])
def test_one_of_several_devices_can_be_named(device: str) -> None:
    assert settings(device=device).device == device


@pytest.mark.parametrize("device", ["cuda:", "cuda:x", "cuda:-1", "auto:1", "cpu:1", ":1"])
def test_a_device_that_cannot_be_is_refused(device: str) -> None:
    assert device in refusal(device=device).message


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.choices])
@pytest.mark.parametrize("value", ["", "Normal", "nonsense", 3, None, ["cpu"]])
def test_only_the_choices_can_be_chosen(name: str, value: object) -> None:
    error = refusal(**{name: value})
    assert name in error.message
    assert all(choice in error.advice for choice in SPECS[name].choices)


@pytest.mark.parametrize("name", ["nonsense", "name", "cls", "Size"])
def test_an_unknown_setting_is_refused_by_name(name: str) -> None:
    with pytest.raises(NstError, match=name) as caught:
        Settings.from_preset("normal", **{name: 1})
    assert caught.value.code == BAD_SETTING


def test_an_unknown_preset_is_refused_with_the_choices() -> None:
    with pytest.raises(NstError) as caught:
        Settings.from_preset("nonsense")
    assert caught.value.code == BAD_SETTING
    assert "draft, normal, fine, gatys" in caught.value.advice


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().size = 3  # type: ignore[misc]


def test_settings_survive_json() -> None:
    settings = Settings.from_preset("gatys", size=64, style_weight=0.5, seed=3, unbounded=True)
    values = json.loads(json.dumps(settings.as_dict()))
    assert Settings.from_preset(values.pop("preset"), **values) == settings


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [3, None, True, ["relu1_1"]])
def test_what_is_no_text_is_refused(name: str, value: object) -> None:
    assert "text" in refusal(**{name: value}).advice


@pytest.mark.parametrize("name", ["content_layers", "style_layers"])
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "''"),
        ("relu9_9", "'relu9_9'"),
        ("conv1_1", "'conv1_1'"),
        ("relu1_1,", "''"),
        ("relu1_1,relu1_1:2", "'relu1_1' twice"),
        ("relu1_1:0", "'relu1_1:0'"),
        ("relu1_1:-1", "'relu1_1:-1'"),
        ("relu1_1:inf", "'relu1_1:inf'"),
        ("relu1_1:nan", "'relu1_1:nan'"),
        ("relu1_1:", "'relu1_1:'"),
        ("relu1_1:much", "'relu1_1:much'"),
    ],
)
def test_layers_that_cannot_be_are_refused_by_name(name: str, text: str, fault: str) -> None:
    message = refusal(**{name: text}).message
    assert name in message
    assert fault in message
