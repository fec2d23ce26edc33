"""How many threads compute on the CPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import torch

from nst_contract.messages import Message
from nst_contract.platforms import machine
from nst_contract.protocol.events import Caution

if TYPE_CHECKING:
    from nst_core.networks.vgg import Vgg

# Pixels of a picture up to which Winograd's convolutions take less time on one thread than on two:
# their steps are small, and threads wait for each other after each of them (measured:
# docs/performance.md#winograds-convolutions).
_TINY = 2**13


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


def times_as_many_threads(times: int) -> AbstractContextManager[None]:
    """Computes with ``times`` times as many threads for a while, but no more than can run."""
    usual = torch.get_num_threads()
    return _for_a_while(max(usual, min(usual * times, machine.cores())))


def one_thread() -> AbstractContextManager[None]:
    """Computes with one thread for a while."""
    return _for_a_while(1)


@contextlib.contextmanager
def _for_a_while(threads: int) -> Iterator[None]:
    usual = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


@contextlib.contextmanager
def one_thread_for_tiny(pixels: int, network: Vgg) -> Iterator[None]:
    """Computes with one thread for a while, if a picture is so small that more would take longer.

    Args:
        pixels: of the picture.
        network: computes its feature maps.
    """
    # Networks that are not rounded alike keep the bits that they have always had, which depend on
    # how many threads there are.
    is_tiny = network.is_winograds and network.is_rounded_alike and pixels <= _TINY
    with one_thread() if is_tiny else contextlib.nullcontext():
        yield
