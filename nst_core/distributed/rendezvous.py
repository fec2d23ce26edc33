"""How the processes that torchrun started find one another, or find out that there are no others.

torch would wait for the others as long as for anything that they compute, which is days. Variables
of torchrun that are left over in a shell would then keep a picture from ever being begun.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from torch.distributed import PrefixStore, Store, TCPStore  # type: ignore[attr-defined]

from nst_contract.errors import PROCESS_GROUP, NstError
from nst_core.distributed.restarts import restarts

# Seconds until all must be there: they begin at the same time, and load the same.
PATIENCE = 30.0
# torchrun's own process listens before it starts any other.
_PATIENCE_WITH_AGENT = 3.0
_SECONDS_BETWEEN_LOOKS = 0.1
# More seconds for a meeting to end by itself, with the reason.
_GRACE = 2.0
_HERE = "processes that are here"
_LEFT_OVER = (
    "If nst was not started by torchrun, these are left over from another program: unset "
    "WORLD_SIZE, RANK, MASTER_ADDR and MASTER_PORT, and start it again."
)


@dataclass(frozen=True)
class Place:
    """Where this process belongs.

    Attributes:
        rank, size: its number, counted from 0, and how many there are.
        host, port: where the first one, or torchrun, is to be found.
        has_agent: whether torchrun itself listens there.
        attempt: how often torchrun has started the processes again.
    """

    rank: int
    size: int
    host: str
    port: int
    has_agent: bool
    attempt: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process is the one that listens for the others."""
        return self.rank == 0 and not self.has_agent

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Place:
        """Returns what torchrun's variables say.

        Raises:
            NstError: (team) if they are incomplete or make no sense.
        """
        values = {}
        for name, most in (("WORLD_SIZE", 2**16), ("RANK", 2**16), ("MASTER_PORT", 2**16 - 1)):
            text = environment.get(name, "")
            if not text.isascii() or not text.isdecimal() or int(text[:9]) > most:
                raise _broken(f"{name} is {text!r}")
            values[name] = int(text)
        if values["RANK"] >= values["WORLD_SIZE"]:
            raise _broken(f"RANK is {values['RANK']} of WORLD_SIZE {values['WORLD_SIZE']}")
        return cls(
            values["RANK"],
            values["WORLD_SIZE"],
            environment["MASTER_ADDR"],
            values["MASTER_PORT"],
            environment.get("TORCHELASTIC_USE_AGENT_STORE") == str(True),
            restarts(environment),
        )


def meet(place: Place, patience: float = PATIENCE) -> Store:
    """Waits until all processes are there, and returns what they find one another by.

    Args:
        place: of this process.
        patience: in seconds.

    Raises:
        NstError: (team) if one of them does not come.
    """
    if not place.leads:
        most = _PATIENCE_WITH_AGENT if place.has_agent else patience
        _wait_for_listener(place, min(patience, most))
    found: list[tuple[Store, int]] = []
    failures: list[RuntimeError] = []

    def come() -> None:
        try:
            found.append(_come(place, patience))
        except RuntimeError as error:
            failures.append(error)

    # In a thread that may be left behind: torch waits without end for the answer of a program that
    # listens there and never says anything.
    coming = threading.Thread(target=come, name="rendezvous", daemon=True)
    coming.start()
    coming.join(patience + _GRACE)
    if not found:
        error = failures[0] if failures else None
        raise _alone(place, f"{place.host}:{place.port} cannot be used to meet there") from error
    store, here = found[0]
    if here < place.size:
        raise _alone(place, f"{here} came within {patience:.0f} seconds")
    return store


def _come(place: Place, patience: float) -> tuple[Store, int]:
    """Returns the store, and how many came to it within so many seconds."""
    until = time.monotonic() + patience
    place_to_meet = TCPStore(
        place.host,
        place.port,
        place.size,
        place.leads,
        timeout=timedelta(seconds=patience),
        wait_for_workers=False,
        multi_tenant=True,
    )
    # torchrun's own process still has what those wrote that it has stopped since.
    store = PrefixStore(f"nst {place.attempt}", place_to_meet)
    here = store.add(_HERE, 1)
    while here < place.size and time.monotonic() < until:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        here = store.add(_HERE, 0)
    return store, here


def _wait_for_listener(place: Place, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection((place.host, place.port), timeout=1).close()
            return
        if time.monotonic() > until:
            raise _alone(place, f"nobody answers at {place.host}:{place.port}")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _broken(why: str) -> NstError:
    return NstError(PROCESS_GROUP, f"The variables of torchrun make no sense: {why}.", _LEFT_OVER)


def _alone(place: Place, why: str) -> NstError:
    return NstError(
        PROCESS_GROUP,
        f"The other processes of this run are missing: WORLD_SIZE says {place.size}, but {why}.",
        _LEFT_OVER,
    )
