"""How hard the fuzz tests try: the same few inputs each time, or N new ones with ``--fuzz N``."""

from __future__ import annotations

import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

# Enough for a fault that is easy to meet to show itself; the folder takes under two minutes.
USUAL = 60


def pytest_configure(config: pytest.Config) -> None:
    """Loads the profile before the tests are imported, and keeps hypothesis out of the checkout."""
    folder = tempfile.mkdtemp(prefix="nst-fuzz-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    set_hypothesis_home_dir(folder)
    wanted = config.getoption("--fuzz")
    settings.register_profile(
        "nst",
        max_examples=wanted or USUAL,
        derandomize=not wanted,
        database=None,
        deadline=None,  # machines differ, and are busy
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    settings.load_profile("nst")
