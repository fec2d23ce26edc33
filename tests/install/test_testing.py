"""nst_install.testing: how many processes share the tests."""

from __future__ import annotations

import pytest

from nst_install.testing import workers

GB = 10**9


@pytest.mark.parametrize(
    ("cores", "memory", "expected"),
    [
        (2, 24 * GB, 2),
        (16, 64 * GB, 8),  # more would wait for the longest module
        (8, 16 * GB, 4),  # each may need 4 GB
        (4, 2 * GB, 1),
        (1, 64 * GB, 1),
    ],
)
def test_workers_follow_the_cores_as_far_as_memory_goes(
    cores: int, memory: int, expected: int
) -> None:
    assert workers(cores, memory) == expected
