"""The story of an installation: look, plan, announce, then carry out step by step.

Looking changes nothing, so ``--dry-run`` is the same story without its last part.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import DISK, INTERNAL, NstError
from nst_contract.platforms import installer
from nst_install import prefix, replacement, trees
from nst_install.console import say
from nst_install.engine import plan_engine
from nst_install.link import called_by, plan_link
from nst_install.options import CHECKOUT, Options
from nst_install.own_folders import default_prefix
from nst_install.plan import InstallPlan, InstallStep
from nst_install.plugin_steps import plan_plugins
from nst_install.systems import system
from nst_install.venv import Venv, child_environment


def run(options: Options) -> int:
    """Installs, upgrades or repairs, and says what comes next. Returns the exit code."""
    plan = install(options)
    if not options.dry_run:
        _say_what_comes_next(plan, options)
    return 0


def _say_what_comes_next(plan: InstallPlan, options: Options) -> None:
    say("\nEverything is installed.")
    if plan.plugins:
        say("In GIMP: Filters > Artistic > Neural Style... (restart GIMP if it is open)")
    command = called_by(options, nst_program(options.prefix))
    say(f"On the command line: {installer.quoted([command, 'stylize', '--help'])}")
    # Which stood before the download, minutes ago.
    _say_notes(plan)


def check(options: Options) -> int:
    """Runs the engine's doctor. Returns its exit code.

    Raises:
        NstError: (internal) if there is no engine to ask.
    """
    if prefix.is_interrupted(options.prefix):
        say(f"The installation into {options.prefix} was interrupted.")
    program = nst_program(options.prefix)
    if not program.exists() or venv_in(options.prefix).versions() is None:
        raise NstError(
            INTERNAL,
            f"There is no working engine in {options.prefix}.",
            f"This command installs it: {options.repair}",
        )
    environment = child_environment(options.env)
    command = [*system.nst_command(options.prefix / prefix.VENV), "doctor"]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603


def install(options: Options, *, extras: Sequence[str] = (), link: bool = True) -> InstallPlan:
    """Installs, upgrades or repairs, unless it is a dry run. Returns what was planned.

    Args:
        options: from the command line.
        extras: names of optional dependencies to install as well.
        link: whether to link ``nst`` into ~/.local/bin.

    Raises:
        NstError: if anything gets in the way; what worked before still does, and steps already
            completed stay in place.
    """
    system.check_machine()
    if options.gimp == "all" or options.prefix == default_prefix(options.home, options.env):
        system.check_user(options.env)
    prefix.check_usable(options.prefix)
    if options.dry_run:
        plan = make_plan(options, venv_in(options.prefix), extras, link)
        _announce(plan, options.prefix)
        for step in [*plan.engine, *plan.rest]:
            say(f"Would do: {step.text}")
        return plan
    with prefix.locked(options.prefix) as lock:
        replacement.recover(options.prefix)
        plan = make_plan(options, venv_in(options.prefix, lock), extras, link)
        _count_copy(plan, options.prefix)
        _announce(plan, options.prefix)
        _check_room(plan, options.prefix)
        _carry_out(plan, options.prefix)
    return plan


def make_plan(options: Options, venv: Venv, extras: Sequence[str], link: bool) -> InstallPlan:
    """Finds out what has to be done. Changes nothing.

    Raises:
        NstError: if it cannot be done on this machine.
    """
    plan = InstallPlan()
    chosen = plan_engine(plan, options, venv, extras)
    plan_plugins(plan, options, venv.python)
    linked = plan_link(plan, options, nst_program(options.prefix)) if link else None
    before = prefix.read_record(options.prefix)
    # What an earlier installation put elsewhere is still there, and still ours to remove.
    earlier = [folder for folder in before.plugins if Path(folder).exists()] if before else []
    record = prefix.InstallRecord(
        version=__version__,
        device=chosen.device,
        gimp=options.gimp,
        plugins=sorted({*earlier, *map(str, plan.plugins)}),
        link=str(linked or ""),
        source=str(CHECKOUT),
        repair=options.repair,
    )
    plan.rest.append(
        InstallStep(
            "Record what was installed", lambda: prefix.write_record(options.prefix, record)
        )
    )
    return plan


def venv_in(folder: Path, lock: int = -1) -> Venv:
    """Returns the (possibly missing) environment of an installation."""
    return Venv(folder / prefix.VENV, folder / prefix.LOG, folder / prefix.SCRATCH, lock)


def nst_program(folder: Path) -> Path:
    """Returns the path of an installation's command line program."""
    return venv_in(folder).nst


def _announce(plan: InstallPlan, folder: Path) -> None:
    say(f"Neural Style for GIMP {__version__}, engine in {folder}")
    _say_notes(plan)
    if plan.download_mb:
        say(f"To download: about {plan.download_mb} MB. Room needed: about {plan.room_mb} MB.")
    else:
        say("To download: nothing, unless a newer version needs more than the last one.")


def _say_notes(plan: InstallPlan) -> None:
    for note in plan.notes:
        say(f"Note: {note}")


def _count_copy(plan: InstallPlan, folder: Path) -> None:
    if plan.replaces:
        plan.room_mb += replacement.room_for_copy(folder / prefix.VENV) // 10**6


def _check_room(plan: InstallPlan, folder: Path) -> None:
    free = shutil.disk_usage(folder).free // 10**6
    if free < plan.room_mb:
        raise NstError(
            DISK,
            f"{folder} needs about {plan.room_mb} MB, but only {free} MB are free.",
            "Make room, or choose a folder on another disk with --prefix.",
        )


def _carry_out(plan: InstallPlan, folder: Path) -> None:
    (folder / prefix.LOG).write_bytes(b"")
    carry_out = _replace if plan.replaces else _create
    carry_out(plan, folder, len(plan.engine) + len(plan.rest))


def _create(plan: InstallPlan, folder: Path, count: int) -> None:
    """Makes an environment where there is none that works."""
    with replacement.at_rest(folder):
        # An interruption during these steps leaves half an environment, which has to be created
        # again.
        with prefix.marked(folder), _scratch(folder):
            _do(plan.engine, 1, count)
        _do(plan.rest, 1 + len(plan.engine), count)


def _replace(plan: InstallPlan, folder: Path, count: int) -> None:
    """Makes a new environment, then puts it in the old one's place."""
    new = folder / prefix.NEXT_VENV
    try:
        with _scratch(folder):
            _do(plan.engine, 1, count)
        with replacement.at_rest(folder):
            replacement.swap(folder / prefix.VENV, new)
            _do(plan.rest, 1 + len(plan.engine), count)
    finally:
        trees.clear(new)


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    scratch = folder / prefix.SCRATCH
    trees.remove(scratch)
    scratch.mkdir()
    try:
        yield
    finally:
        trees.clear(scratch)


def _do(steps: Sequence[InstallStep], first: int, count: int) -> None:
    for number, step in enumerate(steps, first):
        say(f"[{number}/{count}] {step.text}")
        started = time.monotonic()
        step.do()
        seconds = time.monotonic() - started
        if seconds >= 1:
            say(f"      done in {seconds:.0f} s")
