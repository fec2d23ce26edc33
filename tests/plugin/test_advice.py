"""nst_gimp.engine.advice: what the plug-in says of failures."""

from __future__ import annotations

import pytest
from nst_gimp.engine import advice, install_info
from nst_gimp.engine.install_info import InstallInfo

from nst_contract import errors
from nst_contract.errors import NstError


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    info = InstallInfo("0", "/engine/bin/python", "/src/install.sh --repair")
    monkeypatch.setattr(install_info, "read", lambda: info)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errors.MEMORY, "Choose the preset Draft or a smaller Size under Advanced"),
        (errors.DEVICE, "Choose the device cpu under Advanced"),
        (errors.DISK, "Make room on the disk that holds"),
        (errors.INSTALLATION, "Run this command in a terminal: /src/install.sh --repair"),
        (errors.BAD_REQUEST, "Run this command in a terminal: /src/install.sh --repair"),
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
