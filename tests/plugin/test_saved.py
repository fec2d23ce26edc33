"""nst_gimp.saved: history and presets of one's own, which survive everything but their owner."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nst_gimp.engine import kept_record
from nst_gimp.saved import history, own_presets, saved_files
from nst_gimp.saved.history import KEPT, PastResult

from nst_contract.settings import Settings

_PAINTED: dict[str, Any] = {
    "version": "0.1.0", "settings": Settings().as_dict(), "weights": "vgg19", "style": "Zoë's",
    "style_file": "file:///home/zoe/a%20painting.png", "style_layer": None, "more": [],
    "style_builtin": None, "style_palette": "", "start_file": None, "start_layer": None,
    "strength_mask": None, "content": "Photo", "content_tattoo": 3, "finest": 17,
    "more_builtins": [], "more_palettes": [], "more_files": [],
}  # fmt: skip
# As this version reads it.
RECORD = kept_record.values_in(json.dumps(_PAINTED).encode()) or {}
RESULT = PastResult(RECORD, 1_000_000.0, 42.5, 640, 480, b"\x89PNG")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(saved_files, "folder", lambda: tmp_path / "gimp-neural-style-user")
    return tmp_path / "gimp-neural-style-user"


def numbered(count: int) -> list[float]:
    for number in range(count):
        history.add(replace(RESULT, when=1_000_000.0 + number))
    return [past.when - 1_000_000.0 for past in history.all_of()]


def test_a_result_comes_back_as_it_was() -> None:
    history.add(RESULT)
    (past,) = history.all_of()
    assert replace(past, path=None) == RESULT


def test_the_last_thirty_are_kept_and_those_with_a_star_for_ever() -> None:
    numbered(2)
    history.star(history.all_of()[-1], True)
    times = numbered(KEPT + 5)
    assert times[:-1] == [KEPT + 4 - number for number in range(KEPT)]
    assert times[-1] == 0
    oldest = history.all_of()[-1]
    assert oldest.is_starred
    history.star(oldest, False)
    history.add(replace(RESULT, when=2_000_000.0))
    left = history.all_of()
    assert (len(left), left[-1].when) == (KEPT, 1_000_006.0)


def test_presets_of_ones_own_are_found_by_name_and_leave_the_machine_out() -> None:
    settings = Settings(strength=0.3, seed=7, device="cpu", threads=2).as_dict()
    own_presets.save("Öl / dick", settings)
    own_presets.save("aquarelle", Settings().as_dict())
    found = own_presets.all_of()
    assert list(found) == ["aquarelle", "Öl / dick"]
    left_out = {"seed", "device", "precision", "memory", "threads"}
    assert found["Öl / dick"] == {k: v for k, v in settings.items() if k not in left_out}
    assert own_presets.name_in(found, {**settings, "seed": 8}) == "Öl / dick"
    assert own_presets.name_in(found, {**settings, "strength": 0.4}) is None


def test_a_preset_is_replaced_and_removed_by_its_name() -> None:
    for strength in (0.3, 0.4):
        own_presets.save("oil", Settings(strength=strength).as_dict())
    assert [values["strength"] for values in own_presets.all_of().values()] == [0.4]
    own_presets.remove("oil")
    assert own_presets.all_of() == {}


DAMAGED: dict[str, Callable[[str], str | bytes]] = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda _text: "",
    "no text": lambda _text: b"\xff\x00\xfe",
    "nested deeply": lambda _text: "[" * 50_000,
    "a list": lambda _text: "[]",
    "of a later version": lambda text: text.replace('"version": 1,', '"version": 99,', 1),
    "of another kind": lambda text: text.replace('"kind": "', '"kind": "x', 1),
    "huge": lambda text: text + " " * 2_000_000,
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_costs_no_other(damage: Callable[[str], str | bytes]) -> None:
    numbered(2)
    own_presets.save("one", Settings().as_dict())
    own_presets.save("other", Settings().as_dict())
    for kind in (history.KIND, own_presets.KIND):
        path = next(path for path, _values in saved_files.read_all(kind))
        damaged = damage(path.read_text())
        path.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    assert len(history.all_of()) == 1
    assert len(own_presets.all_of()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("time", "now"), ("seconds", -1), ("width", 0), ("painted", None), ("painted", {"style": 1})],
)
def test_a_result_with_values_that_cannot_be_is_passed_over(name: str, value: object) -> None:
    history.add(RESULT)
    ((path, values),) = saved_files.read_all(history.KIND)
    path.write_text(json.dumps({**values, name: value}))
    assert history.all_of() == []


def test_a_picture_that_is_none_is_left_out() -> None:
    history.add(RESULT)
    ((path, values),) = saved_files.read_all(history.KIND)
    path.write_text(json.dumps({**values, "thumbnail": "no base64"}))
    assert [past.thumbnail for past in history.all_of()] == [b""]


def test_what_cannot_be_written_leaves_nothing_half_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.add(RESULT)
    before = sorted(place.rglob("*"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        history.add(replace(RESULT, when=2_000_000.0))
    assert sorted(place.rglob("*")) == before
