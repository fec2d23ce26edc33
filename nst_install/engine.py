"""The part of an installation that goes into the environment: torch, the engine, the weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import INTERNAL, NstError
from nst_contract.platforms import installer
from nst_install import launcher, prefix, replacement, trees, wheels
from nst_install.console import say
from nst_install.options import CHECKOUT, Options
from nst_install.own_folders import PRODUCT
from nst_install.plan import InstallPlan, InstallStep
from nst_install.systems import system
from nst_install.venv import Venv
from nst_install.wheels import Machine, Wheels

# Builds our own package. It stays in the environment, so that an upgrade downloads nothing.
_BUILD_TOOL = "setuptools>=77"
_SOURCES = (
    "pyproject.toml", "setup.py", "README.md", "LICENSE", "nst_contract", "nst_core", "nst_install",
)  # fmt: skip

# Including 19 MB for the weights and 70 MB for OpenCV.
_OTHERS_MB = 180
_UPGRADE_ROOM_MB = 370


@dataclass(frozen=True)
class _Extra:
    """What optional dependencies add to an engine without them.

    Attributes:
        sign: the distribution that tells whether they are there.
        download_mb, room_mb: about how much they are, fetched and unpacked.
    """

    sign: str
    download_mb: int
    room_mb: int


_EXTRAS = {
    "test": _Extra("pytest", 170, 620),
    "notebook": _Extra("jupyterlab", 100, 450),
}


def plan_engine(plan: InstallPlan, options: Options, venv: Venv, extras: Sequence[str]) -> Wheels:
    """Plans what has to be done in the environment. Changes nothing else.

    Args:
        plan: receives notes, steps and sizes.
        options: from the command line.
        venv: the environment, which may be missing.
        extras: names of optional dependencies, as in pyproject.toml.

    Returns:
        The chosen build of torch.

    Raises:
        NstError: if there is no such build.
    """
    versions = _look(plan, options, venv, *(extra.sign for extra in _EXTRAS.values()))
    torch, torchvision = versions.get("torch", ""), versions.get("torchvision", "")
    machine = wheels.look_at_machine()
    chosen = wheels.choose(options.device, machine)
    torch_is_there = chosen.satisfied_by(torch)
    pair_is_there = torch_is_there and torchvision.split("+")[0] == wheels.TORCHVISION
    if not pair_is_there:
        chosen = _reachable(plan.notes, options, chosen, machine)
        torch_is_there = chosen.satisfied_by(torch)
    old, venv = venv, replacement.beside(venv) if plan.replaces else venv
    if plan.replaces:
        copying = InstallStep(
            f"Copy the environment to {venv.folder}",
            lambda: replacement.copy(old.folder, venv.folder),
        )
        plan.engine.append(copying)
    steps = _filling(venv, chosen, extras)
    plan.engine += steps[2:] if pair_is_there else steps[1:] if torch_is_there else steps
    refill = (lambda: _refill(venv, options, extras)) if plan.replaces else None
    plan.engine.append(
        InstallStep("Try the engine and check its weights", lambda: _try_out(venv, refill))
    )
    plan.download_mb = 0 if versions.get(PRODUCT) else _OTHERS_MB
    plan.download_mb += 0 if torch_is_there else chosen.download_mb
    plan.room_mb = _UPGRADE_ROOM_MB if torch_is_there else chosen.room_mb
    for extra in (_EXTRAS[name] for name in extras):
        if not versions.get(extra.sign):
            plan.download_mb += extra.download_mb
            plan.room_mb += extra.room_mb
    return chosen


def _look(plan: InstallPlan, options: Options, venv: Venv, *also: str) -> dict[str, str]:
    """Returns the versions in the environment; if it is unusable, none, and plans to create it."""
    versions = None
    if prefix.is_interrupted(options.prefix):
        plan.notes.append(
            "An earlier installation was interrupted, so the environment is created again."
        )
    else:
        versions = venv.versions(*also)
        if versions is None and venv.folder.exists():
            plan.notes.append("The environment is damaged, so it is created again.")
    plan.replaces = versions is not None
    if versions is None:
        plan.engine.append(InstallStep(f"Create the environment {venv.folder}", venv.create))
    return versions or {}


def _reachable(notes: list[str], options: Options, chosen: Wheels, machine: Machine) -> Wheels:
    """Returns the choice itself if its index answers, or else what pip finds without it."""
    if chosen.index is None or wheels.is_reachable(chosen.index):
        return chosen
    notes.append(
        f"The PyTorch project's index ({chosen.index}) does not answer, so torch will come from "
        "where pip usually looks."
    )
    instead = wheels.without_index(chosen, options.device, machine.system)
    if instead.device != chosen.device:
        notes.append(
            f"That build does not use your GPU. Once the index answers, {options.repair} gets the "
            "one that does."
        )
    if wheels.may_bring_cuda(instead):
        notes.append(
            "Unless pip finds a CPU-only build there, it downloads the one for NVIDIA GPUs, about "
            "3 GB."
        )
    if instead.device != "cpu":
        notes.append(f"That may be a CPU-only build: {installer.CALL} --check tells you.")
    return instead


def _filling(venv: Venv, chosen: Wheels, extras: Sequence[str]) -> list[InstallStep]:
    """Returns the steps that fill an empty environment: torch, torchvision and the rest."""

    def torch() -> None:
        wanted = [_BUILD_TOOL, chosen.torch, *chosen.pip_options]
        venv.pip("install", *wanted, purpose="Installing torch", large=True)

    def torchvision() -> None:
        wanted = ["--no-deps", chosen.torchvision, *chosen.pip_options]
        venv.pip("install", *wanted, purpose="Installing torchvision")

    return [
        InstallStep(f"Install {chosen.torch} ({_size(chosen.download_mb)})", torch),
        InstallStep(f"Install {chosen.torchvision}", torchvision),
        InstallStep(f"Install the engine, version {__version__}", lambda: _own_package(venv)),
        InstallStep("Install what the engine needs", lambda: _dependencies(venv, extras)),
    ]


def _own_package(venv: Venv) -> None:
    """Builds and installs the project from a copy, as a build leaves files beside the sources."""
    copy = venv.scratch / "source"
    copy_sources(CHECKOUT, copy)
    # With isolation, pip would download the build tool again each time.
    options = ["--no-build-isolation", "--no-deps", "--force-reinstall"]
    venv.pip("install", *options, str(copy), purpose="Installing the engine")
    launcher.write(venv.nst, venv.python)


def _dependencies(venv: Venv, extras: Sequence[str]) -> None:
    # Our own package is already there, so this downloads only its missing dependencies.
    wanted = f"[{','.join(extras)}]" if extras else ""
    requirement = f"{PRODUCT}{wanted}=={__version__}"
    wanted_too = system.also_needed()
    venv.pip("install", *wanted_too, requirement, purpose="Installing what the engine needs")


def _try_out(venv: Venv, refill: Callable[[], None] | None) -> None:
    """Loads the engine; if that fails in an environment that began as an old one's copy, tries once
    more with a new one.
    """
    if venv.works():
        return
    if refill is not None:
        refill()
    if refill is None or not venv.works():
        raise NstError(
            INTERNAL,
            "The engine was installed, but does not work.",
            f"The reason is at the end of {venv.log}; please report it.",
        )


def _refill(venv: Venv, options: Options, extras: Sequence[str]) -> None:
    say("      It does not work, so the environment is created again.")
    venv.create()
    machine = wheels.look_at_machine()
    chosen = wheels.choose(options.device, machine)
    notes: list[str] = []
    chosen = _reachable(notes, options, chosen, machine)
    for note in notes:
        say(f"      Note: {note}")
    for step in _filling(venv, chosen, extras):
        say(f"      {step.text}")
        step.do()


def copy_sources(checkout: Path, target: Path) -> None:
    """Copies only what the distribution is built from."""
    trees.remove(target)
    target.mkdir(parents=True)
    for name in _SOURCES:
        source = checkout / name
        if source.is_dir():
            trees.copy_contents(source, target / name)
        elif source.exists():
            shutil.copyfile(source, target / name)


def _size(megabytes: int) -> str:
    return f"about {megabytes / 1000:.0f} GB" if megabytes >= 1000 else f"about {megabytes} MB"
