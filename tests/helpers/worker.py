"""``nst worker``, the real process, seen as the plug-in sees it."""

from __future__ import annotations

import signal
import subprocess

from nst_contract.protocol.events import Done, Error, Event, decode
from tests.helpers.processes import PATIENCE, REPOSITORY, command, environment


class Worker:
    """A worker that has just been started; whoever starts it must close it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            command("worker"),
            cwd=REPOSITORY,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.removesuffix("\n").encode() + b"\n")
        self._process.stdin.flush()

    def hang_up(self) -> None:
        """Closes the worker's standard input, as the death of the plug-in does."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def stop_listening(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.close()

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        self._process.send_signal(number)

    def event(self) -> Event:
        """Returns the next event; whatever else stands on standard output is an error."""
        assert self._process.stdout is not None
        return decode(self._process.stdout.readline().decode())

    def until(self, kind: type[Event]) -> list[Event]:
        """Returns the events up to the first one of ``kind``."""
        events = [self.event()]
        while not isinstance(events[-1], kind):
            assert not isinstance(events[-1], (Done, Error)), events[-1]
            events.append(self.event())
        return events

    def end(self) -> tuple[int, str, str]:
        """Waits for the worker's end; returns exit code, the rest of stdout, and stderr."""
        process = self._process
        assert process.stdout is not None
        assert process.stderr is not None
        code = process.wait(timeout=PATIENCE)
        output = "" if process.stdout.closed else process.stdout.read().decode()
        return code, output, process.stderr.read().decode()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
