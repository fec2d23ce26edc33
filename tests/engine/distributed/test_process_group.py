"""nst_core.distributed.process_group: two processes in a real group compute the same as one."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch.multiprocessing.spawn import spawn

from nst_contract.errors import NstError
from nst_contract.settings import Settings
from nst_core.blocks import sizes
from nst_core.distributed.process_group import TorchrunGroup, backend
from nst_core.masks.regions import everywhere
from nst_core.networks.vgg import Vgg
from nst_core.objective.neighbor_term import UNMATCHED, Matching
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.whole import WholeObjective
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run import fit_blocks
from nst_core.run.other_ranks import follow
from nst_core.run.pipeline import run_stylization
from nst_core.scales import compared_layers
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor

# Three blocks side by side, and two above one another.
LARGE = photograph(COFFEE, 400, 272)
IN_BLOCKS = Settings.from_dict(
    {"size": 400, "coarsest": 200, "evaluations": 2, "device": "cpu", "precision": "float32",
     "threads": 1}
)  # fmt: skip
CONTENT, STYLE = photograph(COFFEE, 237, 161), photograph(CAT, 150, 100)
SETTINGS = {
    loss: Settings.from_dict(
        {"style_loss": loss, "device": "cpu", "precision": "float32", "threads": 1}
    )
    for loss in ("gram", "neighbors")
}
TILE = (128, 192)
# How far gradients may be apart: margins leave a little more where they are narrower.
LIMITS = {"gram": 1e-5, "neighbors": 1e-4}


@pytest.mark.parametrize(
    ("processes", "cards", "expected"),
    [(1, 0, "gloo"), (2, 1, "gloo"), (2, 2, "cpu:gloo,cuda:nccl"), (1, 2, "cpu:gloo,cuda:nccl")],
)
def test_nccl_carries_tensors_where_each_process_has_a_card(
    processes: int, cards: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)
    assert backend(processes) == expected
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: False)
    assert backend(processes) == "gloo"


class Unreachable:
    """A group in which nobody can be reached."""

    rank, size, size_here = 1, 2, 2


def test_without_evaluations_no_process_waits_for_another() -> None:
    """The leader has its result at once, and is gone."""
    none = replace(IN_BLOCKS, evaluations=0)
    follow(Inputs(LARGE, [Style(STYLE)]), none, cast(TorchrunGroup, Unreachable()))


def test_what_cannot_be_painted_is_said_by_all_processes_alike() -> None:
    inputs = Inputs(LARGE, [Style(STYLE, weight=0.0)])
    with pytest.raises(NstError, match="All styles have weight 0"):
        follow(inputs, IN_BLOCKS, cast(TorchrunGroup, Unreachable()))


def paint_in_blocks(group: TorchrunGroup | None = None) -> dict[str, Any] | None:
    """Paints a picture block by block; only the leader gets the result."""
    of = [0]

    def listen(event: Any) -> None:
        of[0] = max(of[0], getattr(event, "blocks", 0) or 0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fit_blocks, "FROM_PIXELS", LARGE.width * LARGE.height)
        patched.setattr(sizes, "SIDES", (192,))
        patched.setattr(compared_layers, "_FINE", LARGE.width)
        inputs = Inputs(LARGE, [Style(STYLE)])
        if group is not None and group.rank > 0:
            follow(inputs, IN_BLOCKS, group)
            return None
        rgb = run_stylization(inputs, IN_BLOCKS, listen, group=group).picture.rgb
    return {"blocks": of[0], "rgb": torch.from_numpy(rgb)}


def compute(rank: int, port: int, folder: Path) -> None:
    """What each of the two processes does; both write what came out."""
    from nst_core.networks.device import choose_device
    from nst_core.networks.loading import load_networks

    where = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    # As on two machines: no process has the threads of the other, and coarse scales are shared.
    where["LOCAL_WORLD_SIZE"] = 1
    os.environ.update({name: str(value) for name, value in where.items()})
    torch.set_num_threads(1)
    group = TorchrunGroup()
    networks = load_networks(choose_device("cpu", "float32"), SETTINGS["gram"])
    content, styles = tensor(CONTENT), everywhere(tensor(STYLE))
    for loss, settings in SETTINGS.items():
        # Only the leader knows what is painted so far.
        matching = Matching(so_far=content.flip(2)) if rank == 0 else UNMATCHED
        objective = TiledObjective(networks, content, styles, settings, TILE, group, matching)
        result: dict[str, Any] = {"choices": list(objective.choices)}
        if rank == 0:
            evaluation = objective.evaluate(content.flip(3))
            result |= {"loss": evaluation.loss, "gradient": evaluation.gradient}
        else:
            group.receive_order()
            objective.share(torch.empty_like(content))
        torch.save(result, folder / f"{loss} {rank}")
    assert group.broadcast_value({"by": rank, "name": "Zoë"}) == {"by": 0, "name": "Zoë"}
    painted = paint_in_blocks(group)
    if painted is not None:
        torch.save(painted, folder / "blocks")
    group.leave()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the two processes have written."""
    folder = tmp_path_factory.mktemp("group")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    spawn(compute, (port, folder), nprocs=2)  # type: ignore[no-untyped-call]
    return folder


def written(folder: Path, loss: str, rank: int) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(folder / f"{loss} {rank}", weights_only=True)
    return found


@pytest.mark.parametrize("loss", SETTINGS)
def test_loss_and_gradient_of_two_processes_are_those_of_one(
    loss: str, network: Vgg, folder: Path
) -> None:
    shared = written(folder, loss, 0)
    content, styles = tensor(CONTENT), everywhere(tensor(STYLE))
    matching = Matching(choices=shared["choices"])
    alone = WholeObjective(network, content, styles, SETTINGS[loss], matching).evaluate(
        content.flip(3)
    )
    assert shared["loss"] == pytest.approx(alone.loss, rel=1e-5)
    difference = (shared["gradient"] - alone.gradient).norm() / alone.gradient.norm()
    assert difference < LIMITS[loss]


def test_both_processes_have_the_leaders_choice(network: Vgg, folder: Path) -> None:
    (leaders,), (others,) = (written(folder, "neighbors", rank)["choices"] for rank in (0, 1))
    assert torch.equal(leaders, others)
    content, styles = tensor(CONTENT), everywhere(tensor(STYLE))
    (alone,) = WholeObjective(
        network, content, styles, SETTINGS["neighbors"], Matching(so_far=content.flip(2))
    ).choices
    assert (leaders == alone).float().mean() > 0.97


def test_blocks_that_two_processes_share_out_make_the_picture_of_one(folder: Path) -> None:
    shared: dict[str, Any] = torch.load(folder / "blocks", weights_only=True)
    assert shared["blocks"] == 6
    alone = paint_in_blocks()
    assert alone is not None
    # The coarser scale is summed up in two strips, and so rounded otherwise.
    assert (shared["rgb"] - alone["rgb"]).abs().mean() < 0.5 / 255
