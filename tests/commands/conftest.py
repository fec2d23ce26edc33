"""Commands that run inside the tests' own process find the networks that earlier ones have made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from nst_core.networks import embedded_weights, loading
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg


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
