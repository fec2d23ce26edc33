"""A run with neighbours uses no operation that torch's packages for other systems round otherwise.

What these are was found by comparing every operation of a run, bit by bit, on Linux and with
Windows' packages under Wine (docs/decisions.md). benchmarks/two_systems.py compares whole pictures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from nst_contract.settings import Settings
from nst_core.pictures.picture import Picture
from nst_core.stylize import stylize

# In float32: their products and sums are fused by some compilers, or they leave the order to a
# library for matrices.
ROUNDED_OTHERWISE = {
    "addcmul", "addcmul_", "addcdiv", "addcdiv_", "addr", "addr_", "mv", "addmv", "addmv_", "hypot",
    "_linalg_eigh", "upsample_bilinear2d", "upsample_bilinear2d_backward", "upsample_bicubic2d",
    "_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa",
}  # fmt: skip


class Seen(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes which operations are called with float32."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = tree_leaves((args, kwargs or {}))
        if any(isinstance(one, Tensor) and one.dtype == torch.float32 for one in given):
            self.names.add(str(func).split(".")[1])
        return func(*args, **(kwargs or {}))


def picture(width: int, height: int, seed: int) -> Picture:
    samples = np.random.default_rng(seed).random((height, width, 3))
    return Picture(samples.astype(np.float32))


# What is protected stays as the photograph has it, which is seen weighted.
@pytest.mark.parametrize("protect", ["nothing", "subject"])
def test_a_run_uses_what_is_rounded_alike(protect: str) -> None:
    settings = Settings.from_preset(
        "normal", size=96, evaluations=2, device="cpu", precision="float32", protect=protect
    )
    with Seen() as seen:
        stylize(picture(150, 110, 0), [picture(120, 130, 1)], settings)
    assert "bmm" in seen.names  # the network
    assert not seen.names & ROUNDED_OTHERWISE


def test_the_older_losses_keep_the_bits_that_they_had() -> None:
    settings = Settings.from_preset("gatys", size=64, evaluations=1, device="cpu")
    with Seen() as seen:
        stylize(picture(100, 80, 0), [picture(90, 90, 1)], settings)
    assert "_upsample_bicubic2d_aa" in seen.names
