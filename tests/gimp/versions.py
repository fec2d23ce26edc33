"""Which GIMPs the tests run in."""

from __future__ import annotations

import pytest

from tests.gimp.harness.locate import Gimp, find_gimps

# None stands for the GIMP that is missing: its tests fail.
GIMPS: list[Gimp | None] = [*sorted(find_gimps(), key=lambda gimp: gimp.version)] or [None]


def newest() -> Gimp | None:
    """Returns the newest GIMP there is."""
    return GIMPS[-1]


def label(gimp: Gimp | None) -> str:
    """Returns what a GIMP is called in the names of tests."""
    return gimp.label if gimp else "none"


each_gimp = pytest.mark.parametrize("gimp", GIMPS, ids=label, indirect=True)
"""Marks a test that every GIMP must pass, not just the newest."""
