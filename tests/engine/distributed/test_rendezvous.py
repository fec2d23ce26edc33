"""nst_core.distributed.rendezvous: processes that torchrun did not start are told so soon."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from nst_contract.errors import PROCESS_GROUP, NstError
from nst_core.distributed import rendezvous
from nst_core.distributed.process_group import is_started_by_torchrun
from nst_core.distributed.rendezvous import Place, meet
from tests.helpers.photographs import COFFEE, as_bytes, photograph
from tests.helpers.processes import PATIENCE, REPOSITORY, command, environment

GOOD = {"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def deaf_listener() -> Iterator[int]:
    """A program that accepts connections and never says anything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_variables_of_torchrun_are_read() -> None:
    assert Place.read(GOOD) == Place(0, 2, "127.0.0.1", 29500, False)
    assert Place.read({**GOOD, "TORCHELASTIC_USE_AGENT_STORE": "True"}).has_agent
    assert Place.read({**GOOD, "TORCHELASTIC_RESTART_COUNT": "2"}).attempt == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RANK", None), ("RANK", "2"), ("RANK", "-1"), ("RANK", "x"), ("MASTER_PORT", None),
        ("MASTER_PORT", "65536"), ("MASTER_PORT", "9" * 5000), ("WORLD_SIZE", "two"),
    ],
)  # fmt: skip
def test_variables_that_make_no_sense_are_named(name: str, value: str | None) -> None:
    given = {key: text for key, text in {**GOOD, name: value}.items() if text is not None}
    assert is_started_by_torchrun(given)
    with pytest.raises(NstError, match=name) as caught:
        Place.read(given)
    assert caught.value.code == PROCESS_GROUP
    assert "unset" in caught.value.advice


@pytest.mark.parametrize("size", ["", "0", "1"])
def test_one_process_is_no_group(size: str) -> None:
    assert not is_started_by_torchrun({**GOOD, "WORLD_SIZE": size})


@pytest.mark.parametrize(
    ("rank", "has_agent"), [(0, False), (1, False), (0, True), (1, True)],
    ids=["the first", "another", "the first, with torchrun", "another, with torchrun"],
)  # fmt: skip
def test_a_process_whose_others_never_come_is_told_so(
    rank: int, has_agent: bool, port: int
) -> None:
    with pytest.raises(NstError, match="WORLD_SIZE says 2") as caught:
        meet(Place(rank, 2, "127.0.0.1", port, has_agent), patience=0.5)
    assert caught.value.code == PROCESS_GROUP
    assert "unset WORLD_SIZE" in caught.value.advice


@pytest.mark.parametrize("rank", [0, 1])
def test_a_program_of_another_kind_at_that_port_is_no_meeting_place(
    rank: int, deaf_listener: int
) -> None:
    with pytest.raises(NstError, match="missing"):
        meet(Place(rank, 2, "127.0.0.1", deaf_listener, False), patience=1)


def test_processes_that_come_one_after_the_other_meet(port: int) -> None:
    stores = {}

    def come(rank: int) -> None:
        stores[rank] = meet(Place(rank, 2, "127.0.0.1", port, False), patience=PATIENCE)

    second = threading.Thread(target=come, args=(1,))
    second.start()
    come(0)
    second.join()
    stores[1].set("said", "by the second")
    assert stores[0].get("said") == b"by the second"


def test_processes_that_are_started_again_do_not_take_those_before_for_each_other(
    port: int,
) -> None:
    agent = TCPStore("127.0.0.1", port, is_master=True, wait_for_workers=False)
    first = Place(0, 2, "127.0.0.1", agent.port, True)
    others = threading.Thread(target=meet, args=(replace(first, rank=1), PATIENCE))
    others.start()
    meet(first, PATIENCE).set("address", "of a process that has ended")
    others.join()
    # Here the other one does not come again.
    with pytest.raises(NstError, match="1 came"):
        meet(replace(first, attempt=1), patience=1)


def test_the_patience_is_one_of_seconds() -> None:
    assert rendezvous.PATIENCE <= 60


def test_nst_with_variables_that_are_left_over_says_so(tmp_path: Path, port: int) -> None:
    picture = tmp_path / "photo.png"
    Image.fromarray(as_bytes(photograph(COFFEE, 32, 24))).save(picture)
    left_over = {**GOOD, "MASTER_PORT": str(port), "TORCHELASTIC_USE_AGENT_STORE": "True"}
    run = subprocess.run(
        command("stylize", picture, picture, "-o", tmp_path / "result.png", "--size", "16"),
        cwd=REPOSITORY,
        env={**environment(), **left_over},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 1
    assert "unset WORLD_SIZE" in run.stderr
    assert "Traceback" not in run.stderr
    assert not os.path.lexists(tmp_path / "result.png")
