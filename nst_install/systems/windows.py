"""Windows, as the installer knows it. Nothing here is Windows' own but what it looks at."""

from __future__ import annotations

import ctypes
import itertools
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from nst_contract.errors import DEVICE, INTERNAL, NstError
from nst_contract.findings import Finding
from nst_contract.messages import Message
from nst_contract.platforms import files
from nst_contract.platforms.windows import folders
from nst_install.places import is_same_program

# The folder of an environment's programs.
PROGRAMS = "Scripts"

# Windows' own limit, of which one is for the end of the text. The longest path of our packages is
# a licence in torch's wheel, in whose folder's name the build's label is the longest for CUDA.
_LONGEST_PATH = 259
_BELOW_THE_PREFIX = len(r"\venv.next\Lib\site-packages" "\\") + 167 + len("+cu130")
LONGEST_PREFIX = _LONGEST_PATH - _BELOW_THE_PREFIX

# Of a library's path, as Windows tells it.
_LONGEST_NAME = 32768

_UNUSABLE = set('"<>|?*\n')

# What torch's libraries are linked with, and its least version. torch's wheel does not bring the
# first, and ends without a word on entering an older one: its locks have another layout. The others
# are Python's own copies.
_RUNTIME: dict[str, tuple[int, ...]] = {
    "msvcp140.dll": (14, 40),
    "vcruntime140.dll": (),
    "vcruntime140_1.dll": (),
}
RUNTIME_PACKAGE = "msvc-runtime>=14.40"
_RUNTIME_ADDRESS = "https://aka.ms/vs/17/release/vc_redist.x64.exe"
GET_VENV = "Install the 64-bit Python of https://www.python.org/downloads"
GET_PYTHON = Message(
    "Install the 64-bit Python of {address}, then try again.",
    address="https://www.python.org/downloads",
)

_SCRIPT = """@echo off
rem -I: no code from the current folder, PYTHONPATH or the user's own packages.
"%~dp0python.exe" -I -X utf8 -m nst_core %*
"""
_FORWARD = """@echo off
rem The command line of Neural Style for GIMP.
"{program}" %*
"""
_LOCAL = "%LOCALAPPDATA%"


def python_in(venv: Path) -> Path:
    """Returns the Python of an environment."""
    return venv / PROGRAMS / "python.exe"


def nst_in(venv: Path) -> Path:
    """Returns the command ``nst`` of an environment."""
    return venv / PROGRAMS / "nst.cmd"


def nst_command(venv: Path) -> list[str]:
    """Returns what to call in order to run the ``nst`` of an environment."""
    # Not nst.cmd: the command prompt reads some characters of arguments in a way of its own.
    return [str(python_in(venv)), "-I", "-X", "utf8", "-m", "nst_core"]


def launcher(_python: Path) -> bytes:
    """Returns the script that runs ``nst`` with the Python beside it, and no code but the engine's
    own.
    """
    return _lines(_SCRIPT, "ascii")


def command_folder(_home: Path) -> Path | None:
    """Returns where a shell looks for the user's own commands, unless the user names a place."""
    return None


def command_in(folder: Path) -> Path:
    """Returns the file in such a folder that leads to ``nst``."""
    return folder / "nst.cmd"


def point(command: Path, program: Path) -> None:
    """Has a command lead to a program.

    Raises:
        OSError: if it cannot be made.
    """
    staged = command.with_name(".nst.new")
    staged.write_bytes(_forward(program, os.environ.get("LOCALAPPDATA", "")))
    files.replace(staged, command)


def points_to(command: Path, program: Path) -> bool:
    """Tells whether a command was made by :func:`point`, for this program."""
    try:
        text = command.read_bytes().decode("oem")
    except (OSError, UnicodeDecodeError, LookupError):
        return False
    named = named_in(text, os.environ.get("LOCALAPPDATA", ""))
    return named is not None and is_same_program(named, program)


def named_in(text: str, local: str) -> Path | None:
    """Returns the program that a script of :func:`point` runs; None if it is another script.

    Args:
        text: of the script.
        local: what LOCALAPPDATA is.
    """
    before, after = _FORWARD.replace("\n", "\r\n").split("{program}")
    if not (text.startswith(before) and text.endswith(after)):
        return None
    named = text[len(before) : -len(after)]
    if local and named.startswith(_LOCAL):
        return Path(local + named[len(_LOCAL) :])
    return Path(named.replace("%%", "%"))


def _forward(program: Path, local: str) -> bytes:
    # Scripts are read in the code page of DOS, which lacks most letters. The usual place is named
    # without the user's name.
    text = str(program)
    if local and program.is_relative_to(local):
        text = rf"{_LOCAL}\{program.relative_to(local)}"
    else:
        text = text.replace("%", "%%")
    try:
        return _lines(_FORWARD.format(program=text), "oem")
    except (UnicodeEncodeError, LookupError) as error:
        raise OSError(f"its path cannot be written in a .cmd file: {program}") from error


def _lines(text: str, encoding: str) -> bytes:
    return text.replace("\n", "\r\n").encode(encoding)


def temporary(folder: Path) -> dict[str, str]:
    """Returns the variables that have programs keep their temporary files in a folder."""
    return dict.fromkeys(("TEMP", "TMP", "TMPDIR"), str(folder))


def why_unusable(prefix: Path) -> str:
    """Returns why an engine would not work in a folder: "which ..."; "" if it would."""
    unusable = sorted(_UNUSABLE & set(str(prefix))) or [":"] * (":" in str(prefix)[2:])
    if unusable:
        return f"which must not contain {' '.join(repr(sign) for sign in unusable)}"
    if len(str(prefix)) > LONGEST_PREFIX:
        return (
            f"which has {len(str(prefix))} characters, but {LONGEST_PREFIX} are the most: Windows "
            "takes no longer paths than 260 characters in all"
        )
    return ""


def check_machine() -> None:
    """Refuses a Python that torch does not exist for, or that hides what it writes.

    Raises:
        NstError: (device or internal) with the remedy.
    """
    if is_of_the_store(sys.base_prefix):
        raise NstError(
            INTERNAL,
            f"The Python in {sys.base_prefix} is from the Microsoft Store, which hides from other "
            "programs, such as GIMP, what it writes into AppData.",
            GET_PYTHON,
        )
    if sysconfig.get_platform() != "win-amd64":
        raise NstError(
            DEVICE,
            f"This Python is made for {sysconfig.get_platform()}, for which there is no torch.",
            GET_PYTHON,
        )


def is_of_the_store(base_prefix: str) -> bool:
    """Tells whether a Python is the Microsoft Store's, by the folder that it lies in."""
    return "WindowsApps" in Path(base_prefix).parts


def check_user(_env: Mapping[str, str]) -> None:
    """There is no sudo: an administrator is the same user."""


def is_for_another(_env: Mapping[str, str]) -> bool:
    """There is no sudo."""
    return False


def gimp_programs() -> list[str]:
    """Returns the programs that may be a GIMP without a window, the best first."""
    return [
        str(program)
        for folder in gimp_installations()
        for program in sorted((folder / "bin").glob("gimp-console-3*.exe"), reverse=True)
    ]


def gimp_bases(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Returns the folders in which GIMP has a folder for each version; the native one first.

    Args:
        home: the user's profile.
        env: environment variables.
    """
    store = folders.local(home, env).glob("Packages/*GIMP*/LocalCache/Roaming/GIMP")
    return [
        folders.roaming(home, env) / "GIMP",
        # Where Windows keeps what a GIMP from the Microsoft Store writes.
        *sorted(store),
    ]


def gimp_base(_program: str, home: Path, env: Mapping[str, str]) -> Path:
    """Returns in which of these folders a GIMP has its own: those that can be asked are no apps."""
    return gimp_bases(home, env)[0]


def gimp_installations() -> list[Path]:
    """Returns the folders that GIMP's own installer puts a GIMP 3 into, as far as there is one."""
    bases = (
        Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")),
        folders.local(Path.home(), os.environ) / "Programs",
    )
    return [folder for base in bases for folder in sorted(base.glob("GIMP 3*"))]


def findings(prefix: Path, gimp: Sequence[Path]) -> list[Finding]:
    """Returns what the doctor finds on this system alone.

    Args:
        prefix: the folder of the installation.
        gimp: GIMP's user folders.
    """
    return [
        _origin(),
        _runtime(),
        _length(prefix),
        *(Finding(Message("GIMP's Python"), True, text) for text in _interpreters(gimp)),
    ]


def _origin() -> Finding:
    store = is_of_the_store(sys.base_prefix)
    origin = "Microsoft Store" if store else sys.base_prefix
    return Finding(Message("Python's origin"), not store, origin, GET_PYTHON)


def _runtime() -> Finding:
    name = Message("C++ runtime")
    if missing := missing_runtime():
        lacks = Message("missing or too old: {names}", names=", ".join(missing))
        remedy = Message("Install Microsoft's: {address}", address=_RUNTIME_ADDRESS)
        return Finding(name, False, lacks, remedy)
    return Finding(name, True, Message("complete"))


def _length(prefix: Path) -> Finding:
    length = len(str(prefix))
    detail = Message(
        "{length} characters in {folder}, {most} are possible",
        length=length,
        folder=prefix,
        most=LONGEST_PREFIX,
    )
    shorter = Message(
        "Install again with --prefix and a folder of at most {most} characters.",
        most=LONGEST_PREFIX,
    )
    return Finding(Message("Path length"), length <= LONGEST_PREFIX, detail, shorter)


def _interpreters(gimp: Sequence[Path]) -> list[str]:
    """Returns what GIMP's files say of the Python that it starts plug-ins with."""
    bundled = (folder.glob("lib/gimp/3*/*/*.interp") for folder in gimp_installations())
    own = (folder.glob("interpreters/*.interp") for folder in gimp)
    lines = [
        f"{line.strip()} ({file})"
        for file in itertools.chain(*bundled, *own)
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.startswith("python")
    ]
    return lines or [Message("no .interp file was found")]


def also_needed() -> list[str]:
    """Returns what else pip has to install, since the system lacks it."""
    return [RUNTIME_PACKAGE] if missing_runtime() else []


def missing_runtime() -> list[str]:
    """Returns the libraries of Microsoft's C++ runtime that cannot be found or are too old."""
    missing = []
    for name, least in _RUNTIME.items():
        version = library_version(name)
        if version is None or version < least:
            missing.append(name)
    return missing


def library_version(name: str) -> tuple[int, ...] | None:
    """Returns the first two numbers of a library's version; none of them if it does not say, and
    None if it cannot be found.
    """
    try:
        handle = ctypes.CDLL(name)._handle
    except OSError:
        return None
    path = ctypes.create_unicode_buffer(_LONGEST_NAME)
    ctypes.CDLL("kernel32.dll").GetModuleFileNameW(ctypes.c_void_p(handle), path, _LONGEST_NAME)
    versions = ctypes.CDLL("version.dll")
    size = versions.GetFileVersionInfoSizeW(path, None)
    content = ctypes.create_string_buffer(size)
    # VS_FIXEDFILEINFO: a signature, its own version, then the file's.
    numbers = ctypes.POINTER(ctypes.c_uint32)()
    found = (
        size
        and versions.GetFileVersionInfoW(path, 0, size, content)
        and versions.VerQueryValueW(
            content, "\\", ctypes.byref(numbers), ctypes.byref(ctypes.c_uint())
        )
    )
    return (numbers[2] >> 16, numbers[2] & 0xFFFF) if found else ()
