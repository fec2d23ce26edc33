"""Where to compute, and in which number format."""

from __future__ import annotations

from dataclasses import dataclass

import torch

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


def _is_available(name: str) -> bool:
    try:
        return bool(getattr(torch, name).is_available())
    except (AttributeError, RuntimeError):
        return False
