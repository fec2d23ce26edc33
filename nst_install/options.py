"""The command line of install.sh."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_contract import __version__
from nst_contract.platforms import installer
from nst_install.own_folders import default_prefix
from nst_install.systems import system
from nst_install.wheels import DEVICES

CHECKOUT = Path(__file__).resolve().parent.parent

_DESCRIPTION = """Installs the engine of "Neural Style for GIMP" into an environment of its own,
the plug-in into every GIMP 3 user folder, and the command nst into ~/.local/bin
(on Windows, into the folder of --command-dir).
Run it again to upgrade or to repair."""


@dataclass(frozen=True)
class Options:
    """One call of install.sh.

    Attributes:
        action: "install", "uninstall", "check", "demo", "notebook", "test", "test-windows" or
            "prepare-tests".
        prefix: absolute folder of the installation.
        device: one of wheels.DEVICES.
        gimp: "all", "none", or the absolute path of one GIMP user folder.
        dry_run: only say what would be done.
        home: the user's home folder.
        env: environment variables.
        pytest_arguments: passed on to pytest by "test".
        run_notebook: whether "notebook" runs the notebook instead of opening it.
        command_folder: absolute path of the folder that gets the command nst; None for none.
    """

    action: str
    prefix: Path
    device: str
    gimp: str
    dry_run: bool
    home: Path
    env: Mapping[str, str]
    pytest_arguments: tuple[str, ...] = ()
    run_notebook: bool = False
    command_folder: Path | None = None

    @property
    def repair(self) -> str:
        """The command line, quoted for a shell, that installs again in the same way."""
        words = [str(CHECKOUT / installer.SCRIPT)]
        if self.prefix != default_prefix(self.home, self.env):
            words += ["--prefix", str(self.prefix)]
        if self.device != "auto":
            words += ["--device", self.device]
        if self.gimp == "none":
            words += ["--no-gimp"]
        elif self.gimp != "all":
            words += ["--gimp-dir", self.gimp]
        if self.command_folder != system.command_folder(self.home):
            words += ["--command-dir", str(self.command_folder)]
        return installer.quoted(words)


def read_options(arguments: Sequence[str], home: Path, env: Mapping[str, str]) -> Options:
    """Reads the command line; ends the program for --help, or if it makes no sense."""
    arguments = list(arguments)
    split = arguments.index("--") if "--" in arguments else len(arguments)
    pytest_arguments = tuple(arguments[split + 1 :])
    parser = _parser(default_prefix(home, env))
    given = parser.parse_args(arguments[:split])
    if pytest_arguments and given.action not in ("test", "test-windows"):
        parser.error(f"arguments after -- are for pytest, but without --test: {pytest_arguments}")
    if given.run and given.action != "notebook":
        parser.error("--run needs --notebook")
    return Options(
        action=given.action,
        prefix=given.prefix,
        device=given.device,
        gimp=given.gimp,
        dry_run=given.dry_run,
        home=home,
        env=env,
        pytest_arguments=pytest_arguments,
        run_notebook=given.run,
        command_folder=given.command_dir
        or (None if system.is_for_another(env) else system.command_folder(home)),
    )


def _parser(prefix: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=installer.CALL,
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=__version__)
    _add_where(parser, prefix)
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and change nothing"
    )
    actions = parser.add_mutually_exclusive_group()
    for action, text in (
        ("uninstall", "remove what was installed, and nothing else"),
        ("check", "examine the installation (nst doctor)"),
        ("demo", "install, then stylize a sample photograph; the last line is the result's path"),
        ("notebook", "install, then open the notebook that explains the method in JupyterLab"),
        ("test", "install what the tests need, including a GIMP 3, and run them; arguments after "
         "-- go to pytest"),
        ("test-windows", "run the tests for Windows in Wine, on Debian 12, which --test does not; "
         "the same about --"),
        ("prepare-tests", "like --test, but run nothing; the last line is the tests' Python"),
    ):  # fmt: skip
        actions.add_argument(
            f"--{action}", dest="action", action="store_const", const=action, help=text
        )
    parser.add_argument(
        "--run",
        action="store_true",
        help="with --notebook: run it without a browser; the last line is the executed copy's path",
    )
    parser.set_defaults(action="install")
    return parser


def _add_where(parser: argparse.ArgumentParser, prefix: Path) -> None:
    parser.add_argument(
        "--prefix",
        type=_folder,
        default=prefix,
        metavar="DIR",
        help="where the engine goes (default: %(default)s)",
    )
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="which build of torch to download; auto (default) takes what suits the machine",
    )
    parser.add_argument(
        "--command-dir",
        type=_folder,
        metavar="DIR",
        help="put the command nst into this folder, which should be on your PATH",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--no-gimp",
        dest="gimp",
        action="store_const",
        const="none",
        default="all",
        help="install only the engine",
    )
    where.add_argument(
        "--gimp-dir",
        dest="gimp",
        type=lambda text: str(_folder(text)),
        metavar="DIR",
        help="put the plug-in only into this GIMP user folder, which is created if missing",
    )


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder's name is empty")
    path = Path(text).expanduser().absolute()
    return path.resolve() if ".." in path.parts else path
