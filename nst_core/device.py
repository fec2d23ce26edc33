"""Where to compute, in which number format, and whether the memory suffices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import psutil
import torch

from nst_core.errors import MEMORY, NstError

_GIB = 2**30
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Placement:
    """The choice of :func:`choose_device`.

    Attributes:
        device: torch's device.
        precision: "float32" or "bfloat16".
        cautions: what the user should know about the choice.
    """

    device: torch.device
    precision: str
    cautions: tuple[str, ...] = ()

    @property
    def dtype(self) -> torch.dtype:
        return _DTYPES[self.precision]


def choose_device(device: str = "auto", precision: str = "auto") -> Placement:
    """Chooses device and precision.

    A device that was asked for but is not there is replaced by the best there is, never
    silently.

    Args:
        device, precision: as in :class:`nst_core.settings.Settings`.
    """
    cautions = []
    # ROCm calls its devices cuda too.
    present = [name for name in ("cuda", "xpu", "mps") if _is_available(name)] + ["cpu"]
    chosen = present[0] if device == "auto" else device
    if chosen not in present:
        cautions.append(f"The device {device} is not available here; computing on {present[0]}.")
        chosen = present[0]
    fast_bfloat16 = multiplies_bfloat16_fast(chosen)
    if precision == "auto":
        precision = "bfloat16" if fast_bfloat16 else "float32"
    elif precision == "bfloat16" and not fast_bfloat16:
        cautions.append(
            f"The device {chosen} has no fast bfloat16; float32 may be quicker and is more exact."
        )
    return Placement(torch.device(chosen), precision, tuple(cautions))


def multiplies_bfloat16_fast(device: str) -> bool:
    """Tells whether the hardware itself multiplies bfloat16 matrices."""
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        if capabilities.get("amx_bf16", False):
            return True
        # AMD's AVX512-BF16 doubles the rate of float32; Intel's, without AMX, is slower than it.
        is_intel = "intel" in str(capabilities.get("cpu_name", "")).lower()
        return bool(capabilities.get("avx512_bf16", False)) and not is_intel
    if device == "cuda":
        # Ampere was the first; ROCm answers with its own numbering, where 9 is CDNA.
        return torch.cuda.get_device_capability()[0] >= 8
    return False


def check_memory(
    placement: Placement, content_pixels: int, style_pixels: int, history: int
) -> None:
    """Refuses pictures that cannot fit, before the machine starts to swap.

    The bytes per pixel of the feature maps are measured peaks (docs/decisions.md): all maps up to
    relu5_1 with what their gradient needs for the content, and the largest few for a style. L-BFGS
    keeps two float32 pictures for each pair and five more beside.

    Args:
        placement: where it would be computed.
        content_pixels, style_pixels: of the content and of the largest style at working size.
        history: pairs that L-BFGS remembers.

    Raises:
        NstError: (memory) with the factor by which the size must shrink.
    """
    gradient, forward = {"float32": (3000, 1400), "bfloat16": (2200, 900)}[placement.precision]
    optimiser = 12 * (2 * history + 5)
    needed = max(content_pixels * (gradient + optimiser), style_pixels * forward)
    free = free_memory(placement.device)
    if needed > free:
        # Rounded down, so that who follows the advice is not refused again.
        factor = math.floor(100 * (free / needed) ** 0.5) / 100
        raise NstError(
            MEMORY,
            f"This picture needs about {needed / _GIB:.1f} GiB of memory at this size, but only "
            f"{free / _GIB:.1f} GiB are free.",
            f"Choose {factor:.2f} times the size or less, or close other programs.",
        )


def free_memory(device: torch.device) -> int:
    """Returns the bytes that can be taken on the device now."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return int(psutil.virtual_memory().available)


def _is_available(name: str) -> bool:
    try:
        return bool(getattr(torch, name).is_available())
    except (AttributeError, RuntimeError):
        return False
