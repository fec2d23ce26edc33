"""``nst gimp``: puts the plug-in into GIMP's folders, or takes it away again.

For an engine that pip or pipx has installed; ``install.sh`` and ``install.cmd`` do all of it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import BAD_INPUT, NstError
from nst_core.reporting import streams
from nst_core.reporting.reporter import Reporter


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.description = (
        "Puts the plug-in into the folders of every GIMP 3, or takes it away again."
    )
    parser.add_argument("action", choices=("install", "remove"))
    parser.add_argument(
        "--gimp-dir",
        type=lambda text: Path(text).expanduser().absolute(),
        metavar="DIR",
        help="only this GIMP user folder, instead of all that there are",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, _reporter: Reporter) -> int:
    """Places or removes the plug-in, and says where. Returns the exit code.

    Raises:
        NstError: if there is no GIMP, or a folder cannot be changed.
    """
    from nst_install import gimp_folders

    folders = (
        [options.gimp_dir]
        if options.gimp_dir
        else gimp_folders.gimp_folders(Path.home(), os.environ)
    )
    if not folders:
        raise NstError(
            BAD_INPUT,
            "No GIMP 3 user folder was found.",
            "Install GIMP 3, start it once, and try again; or name the folder with --gimp-dir.",
        )
    for folder in folders:
        streams.say(f"{_install(folder) if options.action == 'install' else _remove(folder)}\n")
    return 0


def _install(gimp: Path) -> str:
    from nst_install import plugin

    repair = plugin.packed_repair()
    engine = {"version": __version__, "python": sys.executable, "repair": repair}
    folder = plugin.place(plugin.sources(), gimp, engine)
    return f"The plug-in is in {folder}. Restart GIMP if it is open."


def _remove(gimp: Path) -> str:
    from nst_install import gimp_folders, plugin

    folder = gimp_folders.plugin_folder(gimp)
    if not plugin.is_ours(folder):
        return f"There is no plug-in of ours in {gimp}."
    plugin.remove(folder)
    return f"The plug-in is no longer in {folder}."
