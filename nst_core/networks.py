"""The networks of a run: one on each device."""

from __future__ import annotations

from collections.abc import Sequence

from nst_core import catalog
from nst_core.device import Placement
from nst_core.settings import Settings
from nst_core.vgg import Vgg


def load_networks(placement: Placement, settings: Settings) -> tuple[Vgg, ...]:
    """Reads the network's weights and brings them to each of the devices.

    Raises:
        NstError: (weights) if they are missing or damaged.
    """
    loaded = catalog.load(settings.weights)
    return tuple(
        Vgg(loaded, device, placement.dtype).with_pooling(settings.pooling)
        for device in placement.devices
    )


def suiting(networks: Sequence[Vgg], placement: Placement, settings: Settings) -> Sequence[Vgg]:
    """Returns those of the networks at hand that a run needs; loads them if one is not there."""
    # By device, not by place: which of several cards comes first changes from run to run.
    have = {(network.device, network.dtype, network.choice): network for network in networks}
    wanted = [(device, placement.dtype, settings.weights) for device in placement.devices]
    if all(network in have for network in wanted):
        return [have[network].with_pooling(settings.pooling) for network in wanted]
    return load_networks(placement, settings)
