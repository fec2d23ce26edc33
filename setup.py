"""Puts the plug-in's files into the wheel, so that ``nst gimp install`` finds them there.

Everything else about the package is in pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
# As nst_install.plugin expects them below a folder of sources.
PARTS = ("gimp_plugin", "docs/images/guide", "nst_contract")


class BuildWithPlugin(build_py):
    """Copies the plug-in beside the installer's modules."""

    def run(self) -> None:
        """Builds what setuptools knows, then copies the rest."""
        super().run()
        if not all((ROOT / part).is_dir() for part in PARTS):
            return  # the installer builds the engine alone, and places the plug-in itself
        target = Path(self.build_lib) / "nst_install" / "plugin_files"
        shutil.rmtree(target, ignore_errors=True)
        for part in PARTS:
            skipped = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(ROOT / part, target / part, ignore=skipped)


setup(cmdclass={"build_py": BuildWithPlugin})
