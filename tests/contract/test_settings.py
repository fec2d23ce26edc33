"""nst_contract.settings: defaults, ranges and presets, which every face of the engine reads."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.setting_spec import Choice, Spec
from nst_contract.settings import (
    FULLY_PAINTED,
    NEIGHBORS,
    OTHER_KIND_VALUES,
    PRESETS,
    SPECS,
    SUBJECT,
    Settings,
    values_of,
)
from nst_core.networks import weights_catalog
from nst_core.networks.normalization import NORMALIZATIONS

CHOICES = [name for name, spec in SPECS.items() if spec.choices]
FLAGS = [name for name in SPECS if isinstance(getattr(Settings(), name), bool)]
LAYERS = [name for name, spec in SPECS.items() if spec.is_layers]
NUMBERS = [name for name in SPECS if name not in (*CHOICES, *FLAGS, *LAYERS)]
WHOLE = ("size", "coarsest", "evaluations", "seed", "threads")
# What pictures are compared by, of either kind: place by place, or as a whole.
FOUR_LAYERS = "relu1_1,relu2_1,relu3_1,relu4_1"
FIVE_LAYERS = "relu1_1,relu2_1,relu3_1,relu4_1,relu5_1"
STATISTICS = ("gram", "moments", "wasserstein")


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
    assert settings.style_loss == "gram"
    assert settings.content_layers == "relu4_2"
    assert settings.style_layers == FIVE_LAYERS
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


# Style losses of both kinds -----------------------------------------------------------------------


def test_pictures_are_painted_place_by_place_unless_asked_otherwise() -> None:
    settings = Settings()
    assert settings.style_loss == NEIGHBORS == SPECS["style_loss"].choices[0]
    assert settings.style_layers == FOUR_LAYERS
    assert settings.strength == FULLY_PAINTED
    assert settings.protect == SUBJECT


@pytest.mark.parametrize(
    ("name", "evaluations"), [("draft", 32), ("normal", 100), ("fine", 200), ("gatys", 200)]
)
def test_neighbors_start_small_and_take_most_evaluations_there(name: str, evaluations: int) -> None:
    settings = Settings.from_preset(name, style_loss=NEIGHBORS)
    assert settings.coarsest == 64
    assert settings.style_layers == FOUR_LAYERS
    assert settings.evaluations == evaluations
    assert settings.start == Settings.from_preset(name).start  # the rest is the preset's


@pytest.mark.parametrize("loss", STATISTICS)
@pytest.mark.parametrize(("name", "evaluations"), [("draft", 40), ("normal", 100), ("fine", 200)])
def test_statistics_of_the_whole_start_larger_and_take_many(
    name: str, evaluations: int, loss: str
) -> None:
    usual = {"style_layers": FIVE_LAYERS, "coarsest": 512, "evaluations": evaluations}
    expected = {**Settings.from_preset(name).as_dict(), "style_loss": loss, **usual}
    assert Settings.from_preset(name, style_loss=loss).as_dict() == expected


@pytest.mark.parametrize("loss", STATISTICS)
def test_gatys_keeps_its_values_with_all_statistics_of_the_whole(loss: str) -> None:
    gatys = Settings.from_preset("gatys").as_dict()
    assert Settings.from_preset("gatys", style_loss=loss).as_dict() == {**gatys, "style_loss": loss}


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_own_style_loss_may_be_named_or_not(name: str) -> None:
    own = Settings.from_preset(name)
    assert Settings.from_preset(name, style_loss=own.style_loss) == own
    assert values_of(name) == values_of(name, None) == values_of(name, own.style_loss)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("loss", [None, NEIGHBORS, *STATISTICS])
def test_whatever_differs_from_the_defaults_is_known_beforehand(
    loss: str | None, name: str
) -> None:
    """By values_of, from which an interface tells which values follow preset and style loss."""
    given = {"style_loss": loss} if loss else {}
    values = {**values_of(name, loss), **given, "preset": name}
    assert {**Settings().as_dict(), **values} == Settings.from_preset(name, **given).as_dict()


def test_every_preset_has_values_for_the_style_losses_of_the_other_kind() -> None:
    assert set(OTHER_KIND_VALUES) == set(PRESETS)


@pytest.mark.parametrize(("loss", "coarsest"), [(NEIGHBORS, 64), ("gram", 512)])
def test_values_given_win_over_those_of_a_style_loss(loss: str, coarsest: int) -> None:
    given = {"style_loss": loss, "evaluations": 77, "style_layers": "relu3_1"}
    settings = Settings.from_dict(given)
    assert (settings.evaluations, settings.style_layers) == (77, "relu3_1")
    assert settings.coarsest == coarsest
    assert Settings.from_dict(settings.as_dict()) == settings


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


@pytest.mark.parametrize(
    "device",
    ["cuda:", "cuda:x", "cuda:-1", "cuda:01", "cuda:\u0661", "cuda:" + "9" * 5000, "auto:1", ":1"],
)
def test_a_device_that_cannot_be_is_refused(device: str) -> None:
    assert device in refusal(device=device).message


@pytest.mark.parametrize("name", [name for name in CHOICES if "" not in SPECS[name].files])
@pytest.mark.parametrize("value", ["", "Normal", "nonsense", "nonsense:x"])
def test_only_the_choices_can_be_chosen(name: str, value: object) -> None:
    error = refusal(**{name: value})
    assert f"{name} is {value!r}" in error.message
    assert all(notation in error.advice for notation in SPECS[name].notations)


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", [3, None, ["cpu"], Path("cpu")])
def test_a_choice_is_a_text(name: str, value: object) -> None:
    assert f"{name} is {value!r}" in refusal(**{name: value}).message


@pytest.mark.parametrize(
    ("name", "text", "choice"),
    [
        ("preset", "gatys", Choice("gatys")),
        ("device", "xpu", Choice("xpu")),
        ("device", "cuda:12", Choice("cuda", number=12)),
        ("backbone", "vgg19", Choice("vgg19")),
        ("backbone", "mini-vgg16:~/a:b.st", Choice("mini-vgg16", file=Path("/home/zoe/a:b.st"))),
        ("weights", "torchvision", Choice("torchvision")),
        ("weights", "torchvision:x.pth", Choice("torchvision", file=Path("x.pth"))),
        ("weights", "/tmp/x.pth", Choice("", file=Path("/tmp/x.pth"))),  # noqa: S108
        ("weights", "a:b.pth", Choice("", file=Path("a:b.pth"))),
        ("weights", "~nobody-here/x", Choice("", file=Path("~nobody-here/x"))),
        ("weights", "caffe:", Choice("", file=Path("caffe:"))),
    ],
)
def test_a_value_is_taken_apart_into_word_number_and_file(
    name: str, text: str, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/zoe")
    assert SPECS[name].parse(name, text) == choice
    assert SPECS[name].parse(name, str(choice)) == choice


def test_the_network_and_its_weights_are_taken_apart_with_the_settings() -> None:
    chosen = settings(backbone="mini-vgg16:x")
    assert chosen.backbone_choice == Choice("mini-vgg16", file=Path("x"))
    assert settings(weights="caffe:x").weights_choice == Choice("caffe", file=Path("x"))


@pytest.mark.parametrize(
    ("spec", "notations", "suggestions", "file_prefix", "is_closed"),
    [
        (Spec("", "", choices=("a", "b")), ("a", "b"), ("a", "b"), None, True),
        (
            Spec("", "", choices=("a", "b"), numbered=("b",)),
            ("a", "b", "b:N"), ("a", "b", "b:1"), None, False,
        ),
        (Spec("", "", choices=("a",), files=("b",)), ("a", "b:FILE"), ("a",), "b:", False),
        (
            Spec("", "", choices=("a",), files=("", "a")),
            ("a", "FILE", "a:FILE"), ("a",), "", False,
        ),
        (Spec("", "", is_layers=True), ("LAYERS",), (), None, False),
    ],
    ids=["closed", "numbered", "files", "bare files", "layers"],
)  # fmt: skip
def test_how_a_value_is_written_follows_from_what_it_may_be(
    spec: Spec,
    notations: tuple[str, ...],
    suggestions: tuple[str, ...],
    file_prefix: str | None,
    is_closed: bool,
) -> None:
    assert spec.notations == notations
    assert spec.suggestions == suggestions
    assert spec.file_prefix == file_prefix
    assert spec.is_closed == is_closed


def test_weights_can_be_chosen_that_there_are_and_files_prepared_in_known_ways() -> None:
    published = (one.choice for one in weights_catalog.PUBLISHED)
    assert SPECS["weights"].choices == (weights_catalog.EMBEDDED, *published)
    assert SPECS["weights"].files == ("", *NORMALIZATIONS)


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


@pytest.mark.parametrize("name", LAYERS)
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
