"""How many threads compute on the CPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from nst_contract.messages import Message
from nst_contract.platforms import machine
from nst_contract.protocol.events import Caution


def use_threads(asked: int) -> list[Caution]:
    """Has torch compute with as many threads as are asked for, but no more than the machine has.

    More would wait for each other: a thousand on two cores take minutes for what two do in seconds.

    Args:
        asked: the setting; 0 leaves everything as it is.

    Returns:
        What the user should know.
    """
    if not asked:
        return []
    cores = machine.cores()
    torch.set_num_threads(min(asked, cores))
    if asked <= cores:
        return []
    message = Message(
        "threads is {asked}, but {cores} can run at a time here; computing with {cores}.",
        asked=asked,
        cores=cores,
    )
    return [Caution(message, Message("More would only wait for each other."))]


def may_be_times_as_many(times: int) -> bool:
    """Tells whether ``times`` times as many threads as now can run here at a time."""
    return torch.get_num_threads() * times <= machine.cores()


@contextlib.contextmanager
def times_as_many_threads(times: int) -> Iterator[None]:
    """Computes with ``times`` times as many threads for a while, but no more than can run."""
    usual = torch.get_num_threads()
    torch.set_num_threads(max(usual, min(usual * times, machine.cores())))
    try:
        yield
    finally:
        torch.set_num_threads(usual)
