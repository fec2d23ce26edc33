"""nst_gimp.engine.doctor: ``nst doctor`` as the plug-in runs it."""

from __future__ import annotations

import pytest
from nst_gimp.engine import install_info
from nst_gimp.engine.doctor import DoctorRun
from nst_gimp.engine.install_info import InstallInfo


def test_a_check_that_cannot_start_says_why_and_what_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    info = InstallInfo("0", "/engine/bin/python", "/src/install.sh --repair")  # is not there
    monkeypatch.setattr(install_info, "read", lambda: info)
    run = DoctorRun("GIMP 3.0.4")
    report = run.wait()
    run.stop()
    assert not run.is_well
    assert "GIMP 3.0.4" in report
    assert "/engine/bin/python" in report
