"""The networks of a run: one on each device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nst_contract.settings import Settings
from nst_core.networks import mini_vgg, weights_catalog
from nst_core.networks.device import Placement
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg


def load_networks(placement: Placement, settings: Settings) -> tuple[Vgg, ...]:
    """Reads the network that the settings name, and copies it to each of the devices.

    Raises:
        NstError: (weights) if its weights are missing or damaged; (installation) if these are the
            embedded ones.
    """
    loaded = _load(settings)
    return tuple(
        _fit(Vgg(loaded, device, placement.dtype), settings) for device in placement.devices
    )


def _load(settings: Settings) -> Weights:
    file = settings.backbone_choice.file
    loaded = mini_vgg.load(file) if file else weights_catalog.load(settings.weights_choice)
    return replace(loaded, choice=_choice(settings))


def _fit(network: Vgg, settings: Settings) -> Vgg:
    return network.with_pooling(settings.pooling).rounded_alike(settings.is_rounded_alike)


def _choice(settings: Settings) -> str:
    """Returns the setting's value that identifies the network."""
    return settings.backbone if settings.backbone_choice.file else settings.weights


def networks_for(placement: Placement, settings: Settings, loaded: Sequence[Vgg]) -> Sequence[Vgg]:
    """Returns the networks that a run needs: those already loaded, or freshly loaded ones if any
    is missing.

    Args:
        placement, settings: of the run.
        loaded: those at hand. A list of them is emptied before others are loaded, so that they
            need not be in memory at the same time.
    """
    # By device, not by position: which of several GPUs comes first changes from run to run.
    have = {(network.device, network.dtype, network.choice): network for network in loaded}
    wanted = [(device, placement.dtype, _choice(settings)) for device in placement.devices]
    if all(network in have for network in wanted):
        return [_fit(have[network], settings) for network in wanted]
    if isinstance(loaded, list):
        have.clear()
        loaded.clear()
    return [*load_networks(placement, settings)]
