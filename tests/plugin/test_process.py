"""nst_gimp.engine.process: what the plug-in hears from an engine, and says to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from nst_gimp.engine.install_info import MISSING, InstallInfo
from nst_gimp.engine.process import STOPPED, Engine

from nst_contract.errors import MEMORY, WEIGHTS, NstError
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.events import Error, Event, Loaded
from nst_contract.protocol.requests import Command, Inquiry, Raster, Request, StyleRequest
from tests.helpers.processes import PATIENCE
from tests.plugin.engines import LOADED, Script, saying

REQUEST = Request("/tmp/x", Raster("c", 1, 1, "u8"), (StyleRequest(Raster("s", 1, 1, "u8")),))  # noqa: S108


@contextmanager
def engine(code: str) -> Iterator[Engine]:
    info: Any = Script(code)
    with Engine(info) as engine:
        yield engine


def hear(engine: Engine) -> Event:
    event = engine.next_event(PATIENCE)
    assert event is not None
    return event


def test_nothing_is_heard_while_nothing_is_said() -> None:
    with engine("hear()") as quiet:
        assert quiet.next_event(0) is None
        assert quiet.next_event(0.01) is None


def test_an_engine_of_another_protocol_is_refused_with_the_command_that_repairs_it() -> None:
    other = Loaded("0", "cpu", "float32", "weights", protocol=PROTOCOL + 1)
    with engine(saying(other)) as old, pytest.raises(NstError) as caught:
        hear(old)
    assert "it has a different version" in caught.value.message
    assert "install.sh --repair" in caught.value.advice


def test_what_the_engine_could_not_do_is_raised_in_its_own_words() -> None:
    with engine(saying(LOADED, Error(MEMORY, "Too large.", "Smaller."))) as failing:
        assert hear(failing) == LOADED
        with pytest.raises(NstError) as caught:
            hear(failing)
    assert (caught.value.code, caught.value.message) == (MEMORY, "Too large.")


def test_the_engines_last_words_are_heard_even_if_it_was_spoken_to_after_them() -> None:
    with (
        engine(saying(Error(WEIGHTS, "Damaged.", "Repair."))) as failing,
        pytest.raises(NstError) as caught,
    ):
        while True:  # until the pipe is broken, which takes the system a moment
            failing.paint(REQUEST)
    assert caught.value.code == WEIGHTS


def test_an_engine_that_is_gone_stays_gone() -> None:
    with engine(f"{saying(LOADED)}sys.exit(3)") as gone:
        assert hear(gone) == LOADED
        for _ in range(2):
            with pytest.raises(NstError, match=r"stopped unexpectedly \(exit code 3\)"):
                hear(gone)
        gone.say(Command.CANCEL)  # which needs no error


def test_an_engine_that_ends_before_it_can_be_asked_needs_a_repair() -> None:
    """As where its Python is gone."""
    with engine("sys.exit(103)") as gone, pytest.raises(NstError, match="exit code 103") as caught:
        hear(gone)
    assert caught.value.code == MISSING
    assert "cannot be started" in caught.value.message
    assert "install.sh --repair" in caught.value.advice


def test_one_that_is_killed_while_it_loads_needs_none() -> None:
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with engine(kill) as gone, pytest.raises(NstError, match="SIGKILL") as caught:
        hear(gone)
    assert caught.value.code == STOPPED


def test_questions_request_and_commands_arrive_in_their_order() -> None:
    inquiry = Inquiry(7, (4, 3), ((2, 2),))
    lines = [inquiry.to_line(), REQUEST.to_line(), "finish\n"]
    code = f"heard = [hear() for _ in range(3)]\nif heard == {lines!r}:\n    {saying(LOADED)}"
    with engine(code) as listening:
        listening.ask(inquiry)
        listening.paint(REQUEST)
        listening.say(Command.FINISH)
        assert hear(listening) == LOADED


def test_its_information_is_what_the_installer_writes() -> None:
    """The stand-in of these tests has the real one's face."""
    assert set(vars(InstallInfo("0", "p", "r"))) <= set(vars(Script("")))
