"""Runs ``nst`` inside the tests' own process, which has torch loaded already.

For what a command says, writes and returns. How it ends by a signal, at a closed pipe or beside
other processes takes a process of its own: :mod:`tests.helpers.processes`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import torch

from nst_core.cli import main


def nst(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs ``nst`` to its end, as :func:`tests.helpers.processes.nst` does."""
    line = [str(argument) for argument in arguments]
    output, errors = io.StringIO(), io.StringIO()
    with (
        _settings_of_the_process_kept(),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            code = main(line)
        except SystemExit as end:  # argparse's, after the usage
            assert isinstance(end.code, int)
            code = end.code
    return subprocess.CompletedProcess(line, code, output.getvalue(), errors.getvalue())


@contextlib.contextmanager
def _settings_of_the_process_kept() -> Iterator[None]:
    """Undoes what a command may set for its whole process, so that tests stay independent."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers.clear()  # log_files closes those that it finds
    threads = torch.get_num_threads()
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    environment = dict(os.environ)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        torch.set_num_threads(threads)
        for number, handled in signals.items():
            signal.signal(number, handled)
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
