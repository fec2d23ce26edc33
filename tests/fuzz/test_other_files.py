"""Mutated checkpoints, weights and journals mean what they meant, or they are refused."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from nst_contract.errors import BAD_INPUT, BAD_SETTING, WEIGHTS, NstError
from nst_contract.settings import Settings
from nst_core.commands.batch_journal import JOURNAL, Journal
from nst_core.commands.style_sources import parse
from nst_core.networks import mini_vgg, weights_catalog
from nst_core.run import checkpoint
from nst_core.run.checkpoint_place import KIND
from tests.fuzz.mutations import Edit, edits, mutated
from tests.fuzz.test_picture_files import JSON

TENSORS = {"features.0.weight": torch.linspace(-1, 1, 64 * 27).reshape(64, 3, 3, 3)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def refusal(read: Callable[[Path], object], data: bytes, path: Path, *codes: str) -> bool:
    """Tells whether a file was refused, in words of our own."""
    path.write_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read(path)
    except NstError as error:
        assert error.code in codes, error
        assert str(path) in error.message or str(path.parent) in error.message
        assert error.advice
        assert "\n" not in str(error)
        assert "weights_only" not in str(error)
        return True
    finally:
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]
        path.unlink()
    return False


def saved(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


# Checkpoints -------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def payload() -> bytes:
    """What a checkpoint holds, behind its seal."""
    return saved(content())


def content() -> dict[str, Any]:
    return {
        "settings": Settings().as_dict(),
        "precision": "float32",
        "plans": [],
        "pictures": "0" * 64,
        "run": {"evaluations": 3, "best": torch.zeros(1, 3, 4, 4)},
        "minimizer": {"position": torch.zeros(48)},
        "choices": [torch.zeros(4, dtype=torch.int64)],
        "blocks": {"picture": torch.zeros(1, 3, 4, 4), "losses": [(0, 0.5)], "prices": []},
    }


def sealed(data: bytes) -> bytes:
    return f"{KIND}\n{hashlib.sha256(data).hexdigest()}\n".encode() + data


def test_the_checkpoint_that_is_mutated_is_a_good_one(folder: Path) -> None:
    assert not refusal(checkpoint.load, sealed(payload()), folder / "c", BAD_INPUT)


@given(changes=edits)
def test_a_mutated_checkpoint_is_refused(changes: list[Edit], folder: Path) -> None:
    data = mutated(sealed(payload()), changes)
    if data != sealed(payload()):
        assert refusal(checkpoint.load, data, folder / "c", BAD_INPUT)


@given(changes=edits)
def test_a_mutated_checkpoint_with_a_right_seal_ends_in_no_other_error(
    changes: list[Edit], folder: Path
) -> None:
    refusal(checkpoint.load, sealed(mutated(payload(), changes)), folder / "c", BAD_INPUT)


@given(name=st.sampled_from(sorted(content())), value=JSON)
def test_a_checkpoint_with_anything_in_it_ends_in_no_other_error(
    name: str, value: object, folder: Path
) -> None:
    data = sealed(saved({**content(), name: value}))
    refusal(checkpoint.load, data, folder / "c", BAD_INPUT, BAD_SETTING)


# Weights -----------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def weights() -> dict[str, bytes]:
    return {
        ".pth": saved(TENSORS),
        ".old.pth": saved(TENSORS, _use_new_zipfile_serialization=False),
        ".safetensors": safetensors.torch.save(TENSORS),
    }


def load_weights(path: Path) -> object:
    return weights_catalog.load(Settings(weights=str(path)).weights_choice)


@given(suffix=st.sampled_from([".pth", ".old.pth", ".safetensors"]), changes=edits)
def test_mutated_weights_are_refused(suffix: str, changes: list[Edit], folder: Path) -> None:
    data = mutated(weights()[suffix], changes)
    assert refusal(load_weights, data, folder / f"vgg{suffix}", WEIGHTS)


@given(data=st.binary(max_size=300))
def test_anything_instead_of_weights_is_refused(data: bytes, folder: Path) -> None:
    assert refusal(load_weights, data, folder / "vgg.pth", WEIGHTS)


@given(changes=edits)
def test_a_mutated_mini_vgg_is_refused(changes: list[Edit], folder: Path) -> None:
    data = mutated(weights()[".safetensors"], changes)
    assert refusal(mini_vgg.load, data, folder / "mini.safetensors", WEIGHTS)


# Journals ----------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def journal() -> Journal:
    return Journal.of(Settings(), [parse("builtin:swirls")])


def is_kept(path: Path) -> object:
    return journal().is_kept_in(path.parent)


def written() -> bytes:
    return json.dumps(journal().values).encode()


@given(changes=edits)
def test_a_mutated_journal_is_understood_or_refused(changes: list[Edit], folder: Path) -> None:
    refusal(is_kept, mutated(written(), changes), folder / JOURNAL, BAD_INPUT, BAD_SETTING)


@given(name=st.sampled_from(["kind", "version", "settings", "styles"]), value=JSON)
@example(name="version", value="1\n2")
@example(name="styles", value=[{"name": "a\nb", "sha256": "c"}])
@example(name="settings", value={"preset": "a\nb"})
def test_a_journal_with_anything_in_it_is_understood_or_refused(
    name: str, value: object, folder: Path
) -> None:
    data = json.dumps({**journal().values, name: value}).encode()
    refusal(is_kept, data, folder / JOURNAL, BAD_INPUT, BAD_SETTING)


@given(value=JSON)
def test_any_json_for_a_journal_is_refused(value: object, folder: Path) -> None:
    data = json.dumps(value).encode()
    assert refusal(is_kept, data, folder / JOURNAL, BAD_INPUT, BAD_SETTING)
