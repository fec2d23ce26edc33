"""What is optional is installed where it is asked for, and counted where it is not there."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from nst_install import engine, wheels
from nst_install.options import Options, read_options
from nst_install.plan import InstallPlan
from nst_install.venv import Venv
from nst_install.wheels import TORCH, TORCHVISION, Machine

COMPLETE = {"torch": TORCH, "torchvision": TORCHVISION, "gimp-neural-style": "0.0.1"}


class Installed(Venv):
    """An environment with some distributions in it, which notes what pip is asked for."""

    there: ClassVar[dict[str, str]]
    asked: ClassVar[list[str]]

    def versions(self, *also: str) -> dict[str, str]:
        return {name: self.there.get(name, "") for name in (*COMPLETE, *also)}

    def pip(self, *arguments: str, purpose: str, large: bool = False) -> None:  # noqa: ARG002
        self.asked.append(arguments[-1])

    def works(self) -> bool:
        return True


@pytest.fixture
def options(home: Path) -> Options:
    return read_options(["--no-gimp"], home, {})


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "look_at_machine", lambda: Machine("darwin"))


def planned(options: Options, there: dict[str, str], *extras: str) -> tuple[InstallPlan, list[str]]:
    """Returns the plan, and what pip is asked for when it is carried out but for our own copy."""
    venv = Installed(options.prefix / "venv", options.prefix / "log", options.prefix, -1)
    Installed.there, Installed.asked = {**COMPLETE, **there}, []
    plan = InstallPlan()
    engine.plan_engine(plan, options, venv, extras)
    for step in plan.engine:
        if "what the engine needs" in step.text:
            step.do()
    return plan, Installed.asked


def test_what_was_asked_for_is_installed(options: Options) -> None:
    plan, asked = planned(options, {}, "notebook")
    assert plan.download_mb == 100
    assert [text.partition("=")[0] for text in asked] == ["gimp-neural-style[notebook]"]


def test_what_is_there_is_not_counted_again(options: Options) -> None:
    plan, _ = planned(options, {"jupyterlab": "4.4.0"}, "notebook")
    assert plan.download_mb == 0


def test_nothing_optional_comes_unasked(options: Options) -> None:
    _, asked = planned(options, {})
    assert [text.partition("=")[0] for text in asked] == ["gimp-neural-style"]
