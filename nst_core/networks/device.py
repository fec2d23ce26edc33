"""Where to compute, and in which number format."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from nst_contract.errors import first_line
from nst_contract.messages import Message
from nst_contract.settings import SPECS

_log = logging.getLogger(__name__)

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
# Fastest first. ROCm calls its devices cuda too.
_ACCELERATORS = ("cuda", "xpu", "mps")
# Those whose memory is not the machine's.
OWN_MEMORY = ("cuda", "xpu")


@dataclass(frozen=True)
class Placement:
    """Where to compute, and in which number format.

    Attributes:
        devices: torch's devices; tiles are spread over all of them, the first does the rest.
        precision: "float32" or "bfloat16".
        cautions: what the user should know about the choice.
    """

    devices: tuple[torch.device, ...]
    precision: str
    cautions: tuple[str, ...] = ()

    @property
    def device(self) -> torch.device:
        return self.devices[0]

    @property
    def has_own_memory(self) -> bool:
        """Whether its memory is not the machine's."""
        return self.device.type in OWN_MEMORY

    @property
    def dtype(self) -> torch.dtype:
        return _DTYPES[self.precision]


def choose_device(device: str = "auto", precision: str = "auto") -> Placement:
    """Returns the first of :func:`placements`."""
    return placements(device, precision)[0]


def placements(device: str = "auto", precision: str = "auto") -> list[Placement]:
    """Finds where it is possible to compute.

    If the requested device is missing or does not start, the best available one replaces it, but
    never silently.

    Args:
        device, precision: as in :class:`nst_contract.settings.Settings`.

    Returns:
        The requested one; for "auto" all that are available, fastest first, the CPU last.
    """
    wanted = [*_accelerators(), "cpu"] if device == "auto" else [device]
    failures = {name: _why_not(name) for name in wanted}
    found = [name for name in wanted if not failures[name]]
    if not found:
        others = [name for name in (*_accelerators(), "cpu") if name != device]
        found = [name for name in others if not _why_not(name)][:1]
    cautions = tuple(
        Message(
            "The device {name} {failure}; computing on {other}.",
            name=name,
            failure=failure,
            other=found[0],
        )
        for name, failure in failures.items()
        if failure
    )
    return [_place(name, precision, cautions) for name in found]


def _place(name: str, precision: str, cautions: tuple[str, ...]) -> Placement:
    fast_bfloat16 = multiplies_bfloat16_fast(name)
    if precision == "auto":
        precision = "bfloat16" if fast_bfloat16 else "float32"
    elif precision == "bfloat16" and not fast_bfloat16:
        slow = Message(
            "The device {name} has no fast bfloat16: float32 is at least as fast, and more "
            "accurate. bfloat16 takes less memory.",
            name=name,
        )
        cautions = (*cautions, slow)
    failures = {device: _why_not(str(device)) for device in _each_of(name)}
    unused = (
        Message("The device {name} {failure}; it is not used.", name=device, failure=failure)
        for device, failure in failures.items()
        if failure
    )
    devices = [device for device, failure in failures.items() if not failure]
    if len(devices) > 1:
        devices.sort(key=own_memory, reverse=True)
    return Placement(tuple(devices), precision, (*cautions, *unused))


def is_nvidia(device: torch.device) -> bool:
    """Tells whether a device is a GPU of NVIDIA's: ROCm calls its devices cuda too."""
    return device.type == "cuda" and torch.version.hip is None


def multiplies_bfloat16_fast(device: str) -> bool:
    """Tells whether the hardware itself can multiply bfloat16 matrices."""
    kind = torch.device(device).type
    if kind == "cpu":
        capabilities = torch.cpu.get_capabilities()
        if capabilities.get("amx_bf16", False):
            return True
        # AVX512-BF16 is twice as fast as float32 on AMD; on Intel, without AMX, it is slower.
        is_intel = "intel" in str(capabilities.get("cpu_name", "")).lower()
        return bool(capabilities.get("avx512_bf16", False)) and not is_intel
    if kind == "cuda":
        # Ampere was the first to have it; ROCm has its own numbering, where 9 is CDNA.
        return torch.cuda.get_device_capability(device)[0] >= 8
    if kind == "xpu":
        return bool(torch.xpu.is_bf16_supported())
    # Metal has had bfloat16 since macOS 14.
    return bool(torch.backends.mps.is_macos_or_newer(14, 0))


def fast_format(numbers: Tensor) -> torch.dtype:
    """Returns the number format in which products of such matrices are to be computed.

    bfloat16 takes up to forty times as long as float32 where processors cannot multiply it.
    """
    is_fast = numbers.dtype != torch.bfloat16 or multiplies_bfloat16_fast(str(numbers.device))
    return numbers.dtype if is_fast else torch.float32


def exact_device(device: torch.device) -> torch.device:
    """Returns where to compute in float64 what lies on a device: there, if it has float64."""
    return device if device.type in ("cpu", "cuda") else torch.device("cpu")


def own_memory(device: torch.device) -> int:
    """Returns how many bytes of its own memory are free on a device.

    Raises:
        RuntimeError: if it does not say.
    """
    return int(getattr(torch, device.type).mem_get_info(device.index)[0])


def _accelerators() -> list[str]:
    return [name for name in _ACCELERATORS if _is_available(name)]


def _is_available(name: str) -> bool:
    try:
        return bool(getattr(torch, name).is_available())
    except (AttributeError, RuntimeError):
        return False


def _each_of(name: str) -> Iterator[torch.device]:
    """Yields the devices that a name stands for."""
    if name in OWN_MEMORY:
        for number in range(getattr(torch, name).device_count()):
            yield torch.device(name, number)
    else:
        yield torch.device(name)


def _why_not(name: str) -> str:
    """Returns why a device cannot compute, found by trying; "" if it, or one of its kind, can."""
    if name == "cpu":
        return ""
    device = SPECS["device"].parse("device", name)
    if not _is_available(device.word):
        return Message("is not available here")
    if device.number is None and device.word in OWN_MEMORY:
        failures = [_why_not(str(each)) for each in _each_of(name)]
        return "" if "" in failures else failures[0]
    if device.number is not None and device.number >= getattr(torch, device.word).device_count():
        return Message("is not available here")
    try:
        try_out(torch.device(name))
        if device.word in OWN_MEMORY:
            own_memory(torch.device(name))
    except (RuntimeError, NotImplementedError) as error:
        _log.warning("%s does not start", name, exc_info=True)
        return Message("does not start ({why})", why=first_line(error))
    return ""


def try_out(device: torch.device) -> None:
    """Computes a tiny convolution, forwards and backwards.

    Raises:
        RuntimeError, NotImplementedError: if the device does not start.
    """
    pixels = torch.ones(1, 3, 8, 8, device=device, requires_grad=True)
    kernel = torch.ones(4, 3, 3, 3, device=device)
    torch.nn.functional.conv2d(pixels, kernel).sum().backward()  # type: ignore[no-untyped-call]
