"""nst_core.training.settings and places: what may be asked for, and what may be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nst_contract.errors import BAD_INPUT, BAD_SETTING, DISK, NstError
from nst_core.training.places import KIND, Places
from nst_core.training.settings import TrainingSettings


def test_settings_survive_their_way_through_json() -> None:
    settings = TrainingSettings(epochs=3, learning_rate=0.25, device="cuda:1")
    assert TrainingSettings.from_dict(settings.as_dict()) == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0), ("epochs", 1.5), ("batch_size", 1), ("width", 3), ("learning_rate", 0.0),
        ("learning_rate", float("nan")), ("label_smoothing", 1.0), ("patience", 0),
        ("device", "toaster"), ("precision", "float64"), ("seed", -1), ("threads", "many"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_named(name: str, value: Any) -> None:
    with pytest.raises(NstError, match=name) as caught:
        TrainingSettings.from_dict({name: value})
    assert caught.value.code == BAD_SETTING
    assert caught.value.advice


def test_an_unknown_setting_is_told_with_those_there_are() -> None:
    with pytest.raises(NstError, match="no setting named momentum") as caught:
        TrainingSettings.from_dict({"momentum": 0.5})
    assert "learning_rate" in caught.value.advice


# Places ------------------------------------------------------------------------------------------


def test_all_files_lie_beside_the_weights(tmp_path: Path) -> None:
    places = Places(tmp_path / "my.net.safetensors")
    assert [
        path.name
        for path in (
            places.unfinished, places.report, places.numbers, places.curves, places.confusion
        )
    ] == [
        "my.net.checkpoint", "my.net.report.md", "my.net.report.json", "my.net.curves.png",
        "my.net.confusion.png",
    ]  # fmt: skip


@pytest.mark.parametrize(("resume", "overwrite"), [(True, False), (False, True)])
def test_what_is_there_may_be_replaced_if_it_is_said(
    resume: bool, overwrite: bool, tmp_path: Path
) -> None:
    places = Places(tmp_path / "net.safetensors")
    places.weights.touch()
    places.unfinished.write_text(f"{KIND}\n")
    places.check(resume, overwrite)


@pytest.mark.parametrize(
    ("there", "message", "advice"),
    [
        ("net.checkpoint", "unfinished training", "--resume"),
        ("net.safetensors", "there already", "different name"),
    ],
)
def test_otherwise_nothing_is_lost(there: str, message: str, advice: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text(f"{KIND}\n")
    with pytest.raises(NstError, match=message) as caught:
        Places(tmp_path / "net.safetensors").check(resume=False, overwrite=False)
    assert caught.value.code == BAD_INPUT
    assert advice in caught.value.advice
    assert "--overwrite" not in caught.value.advice


def test_a_missing_folder_is_told_before_hours_of_work(tmp_path: Path) -> None:
    with pytest.raises(NstError, match="nowhere") as caught:
        Places(tmp_path / "nowhere" / "net.safetensors").check(resume=False, overwrite=False)
    assert caught.value.code == DISK


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NstError, match=r"net\.pth") as caught:
        Places(tmp_path / "net.pth").check(resume=False, overwrite=False)
    assert ".safetensors" in caught.value.advice
