"""nst_gimp.engine.doctor: ``nst doctor`` as the plug-in runs it."""

from __future__ import annotations

import pytest
from nst_gimp.engine import install_info
from nst_gimp.engine.doctor import DoctorRun
from nst_gimp.engine.install_info import InstallInfo

from nst_contract.findings import Finding, to_json
from nst_contract.messages import Message
from tests.plugin.engines import Script


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
    assert "install.sh --repair" in report


FOUND = [
    Finding(Message("Free memory"), True, Message("{free:.1f} GiB", free=2.5)),
    Finding(Message("Packages"), False, Message("missing: {names}", names="torch"), "Repair it."),
]


def doctor(monkeypatch: pytest.MonkeyPatch, code: str) -> DoctorRun:
    """Returns a run, at its end, of what answers with what a few lines of Python print."""
    monkeypatch.setattr(install_info, "read", lambda: Script(code))
    run = DoctorRun("GIMP 3.0.4")
    run.wait()
    run.stop()
    return run


def test_what_is_found_is_told_in_the_users_words(monkeypatch: pytest.MonkeyPatch) -> None:
    run = doctor(monkeypatch, f"print({to_json(FOUND)!r}); sys.exit(1)")
    assert not run.is_well
    assert (run.report or "").endswith(
        "Free memory: 2.5 GiB\nPROBLEM Packages: missing: torch\n    Repair it.\n"
        "\n1 problem(s) found.\n"
    )
    assert doctor(monkeypatch, f"print({to_json(FOUND[:1])!r})").is_well


def test_what_is_no_answer_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    run = doctor(monkeypatch, "print('No module named torch', file=sys.stderr)")
    assert not run.is_well
    assert "No module named torch" in (run.report or "")
    assert "install.sh --repair" in (run.report or "")
