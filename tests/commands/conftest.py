"""Commands that run inside the tests' own process find the networks that earlier ones have made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nst_core.networks import embedded_weights, loading
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from tests.commands.studio import Studio, furnish
from tests.helpers.worker import Worker


@pytest.fixture(scope="package", autouse=True)
def networks_made_once(vgg19_weights: Weights) -> Iterator[None]:
    """Reads the embedded weights once, and prepares each network once: nothing changes them."""
    made: dict[tuple[str, str, torch.device, torch.dtype], Vgg] = {}

    def vgg(weights: Weights, device: torch.device, dtype: torch.dtype) -> Vgg:
        key = weights.name, weights.choice, device, dtype
        if key not in made:
            made[key] = Vgg(weights, device, dtype)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded_weights, "load", lambda: vgg19_weights)
        patch.setattr(loading, "Vgg", vgg)
        yield


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return furnish(tmp_path)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A finished batch that nobody may touch. Without evaluations, it took no painting."""
    studio = furnish(tmp_path_factory.mktemp("model"))
    assert studio.batch(evaluations=0).returncode == 0
    return studio


@pytest.fixture
def finished(tmp_path: Path, model: Studio) -> Studio:
    """A finished batch of 0 evaluations."""
    shutil.copytree(model.folder, tmp_path, dirs_exist_ok=True)  # with the files' times
    return Studio(tmp_path)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()
