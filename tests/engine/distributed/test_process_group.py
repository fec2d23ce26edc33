"""nst_core.distributed.process_group: two processes in a real group compute the same as one."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
import torch
from torch.multiprocessing.spawn import spawn

from nst_contract.settings import Settings
from nst_core.masks.regions import everywhere
from nst_core.networks.vgg import Vgg
from nst_core.objective.tiled import TiledObjective
from nst_core.objective.whole import WholeObjective
from tests.helpers.photographs import CAT, COFFEE, photograph, tensor

CONTENT, STYLE = photograph(COFFEE, 237, 161), photograph(CAT, 150, 100)
SETTINGS = Settings(device="cpu", precision="float32", threads=1)
TILE = (128, 192)


def compute(rank: int, port: int, file: Path) -> None:
    """What each of the two processes does; the first one writes the result."""
    from nst_core.distributed.process_group import TorchrunGroup
    from nst_core.networks.device import choose_device
    from nst_core.networks.loading import load_networks

    where = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in where.items()})
    torch.set_num_threads(1)
    group = TorchrunGroup()
    networks = load_networks(choose_device("cpu", "float32"), SETTINGS)
    content = tensor(CONTENT)
    objective = TiledObjective(networks, content, everywhere(tensor(STYLE)), SETTINGS, TILE, group)
    if rank == 0:
        evaluation = objective.evaluate(content.flip(3))
        torch.save({"loss": evaluation.loss, "gradient": evaluation.gradient}, file)
    else:
        group.receive_order()
        objective.share(torch.empty_like(content))
    assert group.broadcast_value({"by": rank, "name": "Zoë"}) == {"by": 0, "name": "Zoë"}
    group.leave()


def test_two_processes_give_the_loss_and_gradient_of_one(network: Vgg, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    spawn(compute, (port, tmp_path / "result"), nprocs=2)  # type: ignore[no-untyped-call]
    shared = torch.load(tmp_path / "result", weights_only=True)

    content = tensor(CONTENT)
    objective = WholeObjective(network, content, everywhere(tensor(STYLE)), SETTINGS)
    alone = objective.evaluate(content.flip(3))
    assert shared["loss"] == pytest.approx(alone.loss, rel=1e-5)
    difference = (shared["gradient"] - alone.gradient).norm() / alone.gradient.norm()
    assert difference < 1e-5
