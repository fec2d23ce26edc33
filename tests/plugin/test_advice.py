"""nst_gimp.engine.advice: what the plug-in says of failures."""

from __future__ import annotations

import pytest
from nst_gimp.engine import advice, install_info
from nst_gimp.engine.install_info import InstallInfo

from nst_contract import errors
from nst_contract.errors import NstError
from nst_contract.platforms import installer
from tests.helpers.processes import REPOSITORY

REPAIR = f"{installer.quoted([str(REPOSITORY / installer.SCRIPT)])} --no-gimp"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    info = InstallInfo("0", "/engine/bin/python", REPAIR)
    monkeypatch.setattr(install_info, "read", lambda: info)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errors.MEMORY, "Choose the preset Draft or a smaller Size under Advanced"),
        (errors.DEVICE, "Choose the device cpu under Advanced"),
        (errors.DISK, "Make room on the disk that holds"),
        (errors.INSTALLATION, f"Run this command in a terminal: {REPAIR}"),
        (errors.BAD_REQUEST, f"Run this command in a terminal: {REPAIR}"),
        (errors.DIVERGED, "Choose a smaller Style weight"),
    ],
)
def test_the_engines_failures_get_advice_that_can_be_followed_in_gimp(
    code: str, remedy: str
) -> None:
    told = advice.for_gimp(NstError(code, "It failed.", "Give --some-option."))
    assert (told.code, told.message) == (code, "It failed.")
    assert told.advice.startswith(remedy)
    assert "--some-option" not in told.advice


@pytest.mark.parametrize("code", [errors.BAD_INPUT, errors.WEIGHTS])
def test_other_failures_keep_their_own_advice(code: str) -> None:
    error = NstError(code, "The weights torchvision are missing.", "Download them.")
    told = advice.for_gimp(error)
    assert (told.code, told.message, told.advice) == (error.code, error.message, error.advice)


def test_an_installer_that_was_deleted_has_to_be_fetched_again() -> None:
    """People delete what they have downloaded."""
    told = install_info.repair_advice("/gone/install.sh --no-gimp")
    assert told == (
        "Download Neural Style again, and run this in its folder: ./install.sh --no-gimp"
    )
