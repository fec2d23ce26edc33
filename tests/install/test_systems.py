"""What the installer knows of Windows and of Macs, as far as it can be told anywhere."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from nst_contract.errors import DEVICE, NstError
from nst_install import prefix
from nst_install.options import CHECKOUT
from nst_install.systems import posix, windows
from nst_install.wheels import TORCH

USUAL = r"C:\Users\Zoë Müller\AppData\Local\neural-style"
LONGEST = "C:\\" + "x" * (windows.LONGEST_PREFIX - 3)


def why_unusable(prefix: str) -> str:
    return windows.why_unusable(PureWindowsPath(prefix))  # type: ignore[arg-type]


@pytest.mark.parametrize("usable", [USUAL, r"D:\nst", LONGEST])
def test_windows_takes_drives_spaces_and_all_letters(usable: str) -> None:
    assert why_unusable(usable) == ""


@pytest.mark.parametrize(
    ("unusable", "named"), [(r"C:\a?b", "'?'"), (r"C:\a:b", "':'"), (LONGEST + "x", "characters")]
)
def test_what_windows_cannot_take_is_named(unusable: str, named: str) -> None:
    assert named in why_unusable(unusable)


def test_a_folder_that_is_too_long_is_refused_with_its_length() -> None:
    why = why_unusable("C:\\" + "x" * 97)
    assert "has 100 characters" in why
    assert str(windows.LONGEST_PREFIX) in why


def test_the_longest_path_of_all_still_fits() -> None:
    assert windows.LONGEST_PREFIX + windows._BELOW_THE_PREFIX < 260
    assert len(USUAL) <= windows.LONGEST_PREFIX


def test_the_longest_path_is_that_of_a_build_for_cuda() -> None:
    version = importlib.metadata.version("torch")
    folder, for_cuda = f"torch-{version}.dist-info", f"torch-{TORCH}+cu130.dist-info"
    longest = max(
        len(str(file).replace(folder, for_cuda)) for file in importlib.metadata.files("torch") or ()
    )
    below = len("\\".join(("", prefix.NEXT_VENV, "Lib", "site-packages", "")))
    assert below + longest <= windows._BELOW_THE_PREFIX


def test_the_stores_python_is_known_by_its_folder() -> None:
    folder = "C:/Program Files/WindowsApps/PythonSoftwareFoundation.Python.3.13_x64"
    assert windows.is_of_the_store(folder)
    assert not windows.is_of_the_store("C:/Program Files/Python313")


def test_nst_runs_the_python_beside_it_and_nothing_that_lies_around() -> None:
    script = windows.launcher(Path("anywhere")).decode("ascii")
    assert '"%~dp0python.exe" -I -X utf8 -m nst_core %*\r\n' in script


def test_the_doctor_says_which_python_gimp_would_start(tmp_path: Path) -> None:
    (tmp_path / "interpreters").mkdir()
    (tmp_path / "interpreters" / "own.interp").write_text("python3=C:\\Python\\python.exe\n")
    found = {finding.name: finding for finding in windows.findings(tmp_path, [tmp_path])}
    assert found["GIMP's Python"].ok
    assert "C:\\Python\\python.exe" in found["GIMP's Python"].detail
    assert {"Python's origin", "C++ runtime", "Path length"} <= found.keys()


@pytest.mark.parametrize(
    ("version", "is_missing"),
    [(None, True), ((), True), ((14, 29), True), ((14, 40), False), ((14, 51), False)],
)
def test_a_runtime_that_torch_cannot_use_is_as_good_as_none(
    version: tuple[int, ...] | None, is_missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions: dict[str, tuple[int, ...] | None] = {"msvcp140.dll": version}
    # Those that Python brings are as old as it is.
    monkeypatch.setattr(windows, "library_version", lambda name: versions.get(name, (14, 29)))
    assert windows.missing_runtime() == (["msvcp140.dll"] if is_missing else [])
    assert windows.also_needed() == ([windows.RUNTIME_PACKAGE] if is_missing else [])
    assert windows._runtime().ok is not is_missing


@pytest.mark.parametrize(
    ("processor", "version", "named"),
    [("x86_64", "15.1", "x86_64"), ("arm64", "13.7.1", "macOS 13.7.1")],
)
def test_macs_that_torch_does_not_exist_for_are_refused(
    processor: str, version: str, named: str
) -> None:
    with pytest.raises(NstError, match=named) as caught:
        posix.check_mac(processor, version)
    assert caught.value.code == DEVICE


@pytest.mark.parametrize("version", ["14.0", "15.6.1", "26.0", ""])
def test_macs_with_apple_silicon_and_a_new_system_are_taken(version: str) -> None:
    posix.check_mac("arm64", version)


def test_install_cmd_has_the_lines_and_letters_that_windows_reads() -> None:
    script = (CHECKOUT / "install.cmd").read_bytes()
    assert script.count(b"\r\n") == script.count(b"\n")
    assert script.isascii()


@pytest.mark.parametrize(("platform", "code"), [("win-amd64", 7), ("win32", 0), ("win-arm64", 0)])
def test_install_cmd_takes_a_python_that_torch_exists_for(platform: str, code: int) -> None:
    script = (CHECKOUT / "install.cmd").read_text(encoding="ascii")
    (suits,) = re.findall('^set "suits=(.*)"$', script, re.MULTILINE)
    asked = f"import sysconfig; sysconfig.get_platform = lambda: {platform!r}\n{suits}"
    assert subprocess.run([sys.executable, "-I", "-c", asked]).returncode == code
