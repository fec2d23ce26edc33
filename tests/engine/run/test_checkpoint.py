"""nst_core.run.checkpoint: what is saved comes back, and fits the pictures it was made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import Settings
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run import checkpoint
from nst_core.run.checkpoint import Checkpoint
from nst_core.run.checkpoint_place import KIND
from nst_core.run.planning import plan_run
from nst_core.run.run_plan import RunPlan
from nst_core.storage import torch_files
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), photograph(TISSUE, 32, 32)
INPUTS = Inputs(CONTENT, [Style(STYLE)])
MASK = np.tri(48, 64, dtype=np.float32)
SETTINGS = Settings.from_preset("fine", size=64, coarsest=32, seed=5, device="cpu", unbounded=True)
RUN = {"scale": 1, "at_scale": 3, "best": (torch.rand(1, 3, 4, 4), 2.5)}
CHOICES = [torch.arange(12), torch.arange(12).flip(0)]
MINIMIZER = {"coordinates": torch.rand(1, 3, 4, 4), "lbfgs": {"old_dirs": [torch.rand(48)]}}


@pytest.fixture
def plan() -> RunPlan:
    return plan_run(INPUTS, SETTINGS)


def test_what_is_saved_comes_back(tmp_path: Path, plan: RunPlan) -> None:
    Checkpoint(tmp_path / "run").save(plan, INPUTS.fingerprint(), RUN, MINIMIZER, CHOICES)
    resumed = checkpoint.load(tmp_path / "run")
    assert resumed.settings == SETTINGS
    assert resumed.precision == plan.placement.precision
    assert list(resumed.scale_plans) == list(plan.scale_plans)
    assert torch.equal(resumed.run["best"][0], RUN["best"][0])  # type: ignore[index]
    assert torch.equal(
        resumed.minimizer["lbfgs"]["old_dirs"][0],
        MINIMIZER["lbfgs"]["old_dirs"][0],  # type: ignore[index]
    )
    assert all(map(torch.equal, resumed.choices, CHOICES))
    resumed.check(INPUTS, plan)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]  # and nothing beside it


@pytest.mark.parametrize(
    "inputs",
    [
        Inputs(photograph(CAT, 64, 48), [Style(STYLE)]),
        Inputs(CONTENT, [Style(CONTENT)]),
        Inputs(CONTENT, [Style(STYLE), Style(STYLE)]),
        Inputs(CONTENT.with_rgb(CONTENT.rgb[:24]), [Style(STYLE)]),
        Inputs(CONTENT, [Style(STYLE, mask=MASK)]),
        Inputs(CONTENT, [Style(STYLE, weight=2.0)]),
        Inputs(CONTENT, [Style(STYLE)], mask=MASK),
        Inputs(CONTENT, [Style(STYLE)], start=STYLE),
        Inputs(CONTENT, [Style(STYLE)], strength_mask=MASK),
    ],
    ids=[
        "content",
        "style",
        "one more style",
        "cut",
        "style mask",
        "weight",
        "mask",
        "start",
        "strength mask",
    ],
)
def test_other_pictures_are_refused(inputs: Inputs, tmp_path: Path, plan: RunPlan) -> None:
    Checkpoint(tmp_path / "run").save(plan, INPUTS.fingerprint(), RUN, MINIMIZER)
    with pytest.raises(NstError, match="another content, style or mask") as caught:
        checkpoint.load(tmp_path / "run").check(inputs, plan)
    assert caught.value.code == BAD_INPUT


def test_saving_is_due_at_regular_intervals() -> None:
    due = Checkpoint(Path("run"), every=4).is_due
    assert [number for number in range(1, 13) if due(number)] == [4, 8, 12]


def test_a_checkpoint_from_another_version_is_refused(tmp_path: Path) -> None:
    torch_files.save(tmp_path / "run", "gimp-neural-style checkpoint 99", {}, name="checkpoint")
    with pytest.raises(NstError, match="another version"):
        checkpoint.load(tmp_path / "run")


def test_each_changed_byte_is_found(tmp_path: Path, plan: RunPlan) -> None:
    Checkpoint(tmp_path / "run").save(plan, INPUTS.fingerprint(), RUN, MINIMIZER)
    good = (tmp_path / "run").read_bytes()
    for place in range(0, len(good), max(1, len(good) // 40)):
        bad = bytearray(good)
        bad[place] ^= 0x40
        (tmp_path / "run").write_bytes(bad)
        with pytest.raises(NstError, match="cannot be read") as caught:
            checkpoint.load(tmp_path / "run")
        assert caught.value.code == BAD_INPUT


PLAN = {"tile": (64, 64), "history": 3, "needs": 2**20, "work": 1.0}


@pytest.mark.parametrize(
    "change",
    [
        {"settings": None},
        {"settings": {"size": "large"}},
        {"settings": {"no such setting": 1}},
        {"precision": 32},
        {"precision": "float8"},
        {"plans": 3},
        {"plans": [PLAN, None]},
        {"plans": [{**PLAN, "tile": 64}]},
        {"plans": [{**PLAN, "tile": (64, 0)}]},
        {"plans": [{**PLAN, "history": 2.5}]},
        {"plans": [{**PLAN, "work": "much"}]},
        {"plans": [{**PLAN, "more": 1}]},
        {"pictures": None},
        {"run": [1, 2]},
        {"minimizer": None},
        {"choices": None},
    ],
    ids=str,
)
def test_values_of_wrong_types_are_refused(
    change: dict[str, object], tmp_path: Path, plan: RunPlan
) -> None:
    good = kept(tmp_path / "run", plan)
    torch_files.save(tmp_path / "run", KIND, {**good, **change}, name="checkpoint")
    with pytest.raises(NstError, match="cannot be read") as caught:
        checkpoint.load(tmp_path / "run")
    assert caught.value.code == BAD_INPUT


def test_each_missing_value_is_named(tmp_path: Path, plan: RunPlan) -> None:
    good = kept(tmp_path / "run", plan)
    for name in good:
        rest = {key: value for key, value in good.items() if key != name}
        torch_files.save(tmp_path / "run", KIND, rest, name="checkpoint")
        with pytest.raises(NstError, match=f"it lacks '{name}'"):
            checkpoint.load(tmp_path / "run")


def kept(path: Path, plan: RunPlan) -> dict[str, Any]:
    """Writes a good checkpoint and returns what it holds."""
    Checkpoint(path).save(plan, INPUTS.fingerprint(), RUN, MINIMIZER, CHOICES)
    found: dict[str, Any] = torch_files.load(
        path, KIND, dict, name="checkpoint", if_missing="", if_damaged=""
    )
    return found
