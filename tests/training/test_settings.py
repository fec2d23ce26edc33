"""nst_core.training.settings and places: what may be asked for, and what may be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.numpy

from nst_contract.errors import BAD_INPUT, BAD_SETTING, DISK, NstError
from nst_core.networks import mini_vgg_kind
from nst_core.training.places import KIND, REPORT_KIND, Places
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
    _write_own(places)
    places.check(resume, overwrite)


def _write_own(places: Places) -> None:
    """Writes what an earlier training may have left, as far as it says what it is."""
    safetensors.numpy.save_file({}, places.weights, {"kind": mini_vgg_kind.KIND})
    places.unfinished.write_text(f"{KIND}\n")
    for path in (places.report, places.numbers, places.curves, places.confusion):
        path.write_text(f"<!-- {REPORT_KIND} -->\n")


def _stranger(path: Path) -> None:
    """Writes a file of its format that no training has written."""
    if path.suffix == ".safetensors":
        safetensors.numpy.save_file({}, path, {"kind": "somebody's own"})
    else:
        path.write_text("my own notes")


@pytest.mark.parametrize(("resume", "overwrite"), [(True, False), (False, True)])
@pytest.mark.parametrize("write", [_stranger, Path.touch])
@pytest.mark.parametrize("which", ["weights", "report", "numbers", "curves", "confusion"])
def test_a_file_of_others_is_never_replaced(
    which: str, write: Callable[[Path], None], resume: bool, overwrite: bool, tmp_path: Path
) -> None:
    places = Places(tmp_path / "net.safetensors")
    _write_own(places)
    path = getattr(places, which)
    path.unlink()
    write(path)
    before = path.read_bytes()
    with pytest.raises(NstError, match="nst train has not written it") as caught:
        places.check(resume, overwrite)
    assert str(path) in caught.value.message
    assert "move that file away" in caught.value.advice
    assert path.read_bytes() == before


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
