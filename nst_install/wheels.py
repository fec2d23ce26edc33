"""Which build of torch suits the machine, and where it comes from."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from nst_contract.errors import BAD_SETTING, DEVICE, NstError

# The two are built for each other: change both or neither, and pyproject.toml's ranges with them.
TORCH = "2.13.0"
TORCHVISION = "0.28.0"

DEVICES = ("auto", "cpu", "cuda", "rocm")
_NAMES = {"cuda": "CUDA", "rocm": "ROCm"}
_INDEX = "https://download.pytorch.org/whl/"
# Seconds for an answer, and how often it is asked for: what is decided without one is downloaded.
_PATIENCE = 15.0
_TRIES = 2

# CUDA 13 needs this driver and supports no GPU older than Turing; CUDA 12.6 is for the others.
_CUDA_13_DRIVER = 580
_CUDA_13_CARD = 7.5

# Roughly how much is downloaded, and how much room it takes when unpacked; in MB.
_DOWNLOAD = {"cpu": 200, "cuda": 3000, "rocm": 4000}
_ROOM = {"cpu": 1800, "cuda": 8000, "rocm": 16000}


@dataclass(frozen=True)
class Machine:
    """What matters about a machine for the choice.

    Attributes:
        system: as in ``sys.platform``.
        nvidia_driver: major version, 0 if the version is unknown, None without NVIDIA.
        nvidia_card: compute capability of the first GPU, 0.0 if unknown.
        rocm: whether AMD's ROCm is installed.
    """

    system: str
    nvidia_driver: int | None = None
    nvidia_card: float = 0.0
    rocm: bool = False


@dataclass(frozen=True)
class Wheels:
    """One choice of torch and torchvision.

    Attributes:
        device: "cpu", "cuda" or "rocm".
        build: the label after the "+" in such a version, empty if there is none.
        index: address of the PyTorch project's index, or None for whatever pip finds by itself.
    """

    device: str
    build: str
    index: str | None

    @property
    def download_mb(self) -> int:
        return _DOWNLOAD[self.device]

    @property
    def room_mb(self) -> int:
        return _ROOM[self.device]

    @property
    def pip_options(self) -> list[str]:
        # In addition to the usual index, which torch's own dependencies come from.
        return ["--extra-index-url", self.index] if self.index else []

    @property
    def torch(self) -> str:
        """The requirement for pip."""
        return f"torch=={TORCH}{self._label}"

    @property
    def torchvision(self) -> str:
        """The requirement for pip, to be installed without its dependencies (CUDA, on Linux)."""
        return f"torchvision=={TORCHVISION}{self._label}"

    @property
    def _label(self) -> str:
        return f"+{self.build}" if self.index else ""

    def satisfied_by(self, version: str) -> bool:
        """Tells whether an installed torch is already this one."""
        number, _, build = version.partition("+")
        if self.index:
            return number == TORCH and build == self.build
        # Without the index there is no choice; but a CPU-only build is no use for a GPU.
        return number == TORCH and (self.device == "cpu" or build != "cpu")


def choose(device: str, machine: Machine) -> Wheels:
    """Chooses the build for a device.

    Args:
        device: one of DEVICES; "auto" takes what the machine has.
        machine: from :func:`look_at_machine`.

    Raises:
        NstError: (bad-setting) if no such build exists for the system.
    """
    if machine.system == "darwin":
        if device in ("cuda", "rocm"):
            raise NstError(
                BAD_SETTING,
                f"--device is {device}, which torch does not offer on macOS.",
                "Choose auto: it uses the Mac's own GPU where it can.",
            )
        return Wheels("cpu", "", None)
    if machine.system == "win32" and device == "rocm":
        raise NstError(
            BAD_SETTING,
            "--device is rocm, which torch does not offer on Windows.",
            "Choose auto or cpu: an AMD card is not used there.",
        )
    if device == "auto":
        device = _best_device(machine)
    build = {"cpu": "cpu", "cuda": _cuda_build(machine), "rocm": "rocm7.2"}[device]
    return Wheels(device, build, _INDEX + build)


def without_index(wheels: Wheels, asked: str, system: str) -> Wheels:
    """Returns what is available when the PyTorch project's index cannot be reached.

    Args:
        wheels: the choice that needs the index.
        asked: the device that the user asked for.
        system: as in ``sys.platform``.

    Raises:
        NstError: (device) if the user asked for something that only that index has.
    """
    is_there_alone = wheels.device == "rocm" or (wheels.device == "cuda" and system == "win32")
    if is_there_alone and asked == wheels.device:
        raise NstError(
            DEVICE,
            f"The PyTorch project's index {wheels.index} cannot be reached, and torch for "
            f"{_NAMES[wheels.device]} is available nowhere else.",
            "Check the network and the proxy (https_proxy), or choose --device cpu.",
        )
    return Wheels("cpu" if is_there_alone else wheels.device, "", None)


def look_at_machine() -> Machine:
    """Finds out what the machine has."""
    driver, card = _nvidia()
    rocm = Path("/opt/rocm").is_dir() or shutil.which("rocminfo") is not None
    return Machine(sys.platform, driver, card, rocm)


def is_reachable(index: str) -> bool:
    """Tells, within half a minute, whether an index answers."""
    return any(_answers(index) for _ in range(_TRIES))


def _answers(index: str) -> bool:
    answers: list[bool] = []

    def ask() -> None:
        request = urllib.request.Request(f"{index}/torch/", method="HEAD")  # noqa: S310 - https
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE):  # noqa: S310 - https
                answers.append(True)
        except (OSError, ValueError):
            answers.append(False)

    # In a thread, because looking up the host's address has no timeout.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return answers == [True]


def may_bring_cuda(wheels: Wheels) -> bool:
    """Tells whether pip, asked for a CPU build, may install the far larger CUDA build instead."""
    return wheels.index is None and wheels.device == "cpu" and platform.system() == "Linux"


def _best_device(machine: Machine) -> str:
    if machine.nvidia_driver is not None:
        return "cuda"
    return "rocm" if machine.rocm and machine.system != "win32" else "cpu"


def _cuda_build(machine: Machine) -> str:
    # If nothing is known (the driver may not be installed yet), assume a recent machine.
    old_driver = 0 < (machine.nvidia_driver or 0) < _CUDA_13_DRIVER
    old_card = 0 < machine.nvidia_card < _CUDA_13_CARD
    return "cu126" if old_driver or old_card else "cu130"


def _nvidia() -> tuple[int | None, float]:
    """Returns the driver's major version (see Machine) and the first GPU's compute capability."""
    unknown = 0 if Path("/proc/driver/nvidia").exists() else None
    program = shutil.which("nvidia-smi")
    if program is None:
        return unknown, 0.0
    query = [program, "--query-gpu=driver_version,compute_cap", "--format=csv,noheader"]
    try:
        answer = subprocess.run(  # noqa: S603 - the driver's own program
            query, capture_output=True, encoding="utf-8", errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return unknown, 0.0
    found = re.match(r"(\d+)\.[\d.]+, (\d+\.\d+)", answer.stdout)
    return (int(found[1]), float(found[2])) if found else (unknown, 0.0)
