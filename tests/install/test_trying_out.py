"""An environment in which the engine does not load is made anew if it had been another's copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_contract.errors import NstError
from nst_install import engine, wheels
from nst_install.options import read_options
from nst_install.plan import InstallPlan
from nst_install.venv import Venv
from nst_install.wheels import Machine


class Broken(Venv):
    """An environment in which nothing works, which notes how often it was created."""

    created = 0

    def versions(self, *also: str) -> dict[str, str] | None:
        return dict.fromkeys(["torch", "torchvision", *also], "") if self.folder.exists() else None

    def create(self) -> None:
        Broken.created += 1

    def pip(self, *arguments: str, purpose: str, large: bool = False) -> None:
        pass

    def works(self) -> bool:
        return False


@pytest.mark.parametrize("replaces", [False, True])
def test_what_is_new_is_not_downloaded_twice(
    replaces: bool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "look_at_machine", lambda: Machine("darwin"))
    monkeypatch.setattr(engine, "_own_package", lambda _venv: None)
    monkeypatch.setattr(Broken, "created", 0)
    options = read_options(["--no-gimp"], home, {})
    venv = Broken(options.prefix / "venv", options.prefix / "log", options.prefix, -1)
    if replaces:
        venv.folder.mkdir(parents=True)
    plan = InstallPlan()
    engine.plan_engine(plan, options, venv, [])
    with pytest.raises(NstError, match="does not work"):
        for step in plan.engine:
            step.do()
    assert Broken.created == 1
