"""The worker's inbox: it hears everything while libraries load, and they load while it listens."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.helpers.processes import PATIENCE, environment

# Every library that is loaded asks Windows what standard input is, and would wait for a read of it.
LISTENS_WHILE_LIBRARIES_LOAD = """
import threading
from nst_core.commands.worker_inbox import Inbox
Inbox(lambda error: print("failed:", error, flush=True)).start()
import numpy.random
print("loaded", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def listening() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has started an inbox, and then loads libraries."""
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENS_WHILE_LIBRARIES_LOAD],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    yield process
    watchdog.cancel()
    process.kill()
    process.communicate()


def test_libraries_load_while_the_inbox_listens(listening: subprocess.Popen[bytes]) -> None:
    assert listening.stdout is not None
    assert listening.stdout.readline().strip() == b"loaded"


def test_the_end_of_its_input_is_heard_and_ends_the_process(
    listening: subprocess.Popen[bytes],
) -> None:
    assert listening.stdin is not None
    listening.stdin.close()
    assert listening.wait(PATIENCE) == 0
