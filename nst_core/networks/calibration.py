"""Brings the feature maps of any weights to the magnitude of the embedded network's.

The content loss grows with the square of the feature maps, a style loss with their fourth power.
torchvision's weights give maps hundreds of times smaller than the original network's, so the same
settings would paint nothing of the style. Each layer is therefore rescaled, as Gatys et al. did
with theirs (CVPR 2016, section 2).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.messages import Message
from nst_contract.vgg_layers import names
from nst_core.networks.embedded_weights import Weights, rescaled
from nst_core.networks.vgg import Vgg

_SIDE = 128
_DISCS = 1000
_RADII = (3.0, 60.0)
# Gains this close to 1 are copies of the embedded weights, which are rounded; left as they are.
_ALIKE = 0.02


def calibrated(weights: Weights, reference: Weights) -> Weights:
    """Returns weights whose feature maps are as large as the reference's, layer by layer.

    Args:
        weights: of a network with the reference's layers.
        reference: the network to match, in the root mean square of each layer's maps over a
            picture with the statistics of photographs.

    Returns:
        The same network; ``gains`` says by which factor each layer's maps have grown.

    Raises:
        NstError: (weights) if a layer's maps are all zero, or not finite.
    """
    image = dead_leaves()
    ours, theirs = _magnitudes(weights, image), _magnitudes(reference, image)
    gains = {layer: theirs[layer] / ours[layer] for layer in theirs}
    if all(abs(gain - 1) < _ALIKE for gain in gains.values()):
        return weights
    return replace(weights, convolutions=rescaled(weights.convolutions, gains), gains=gains)


def dead_leaves() -> Tensor:
    """Returns a picture of overlapping discs of all sizes, (1, 3, 128, 128), 0..1.

    Radii have a density of r^-3, which gives edges and flat areas the statistics of photographs
    (Lee, Mumford and Huang, "Occlusion models for natural images", 2001).
    """
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:_SIDE, 0:_SIDE]
    image = np.full((3, _SIDE, _SIDE), 0.5, np.float32)
    smallest, largest = _RADII
    for share in random.uniform((smallest / largest) ** 2, 1.0, _DISCS):
        radius = smallest / np.sqrt(share)
        left, top = random.uniform(-radius, _SIDE + radius, 2)
        color = random.uniform(0, 1) + random.normal(0, 0.1, 3)
        image[:, (x - left) ** 2 + (y - top) ** 2 < radius**2] = color[:, None]
    return torch.from_numpy(image.clip(0, 1)).unsqueeze(0)


def _magnitudes(weights: Weights, image: Tensor) -> dict[str, float]:
    """Returns the root mean square of the maps of each ReLU layer, in the network's order."""
    layers = [layer for layer in names(weights.blocks) if layer.startswith("relu")]
    maps = Vgg(weights, torch.device("cpu"), torch.float32).features(image, layers)
    found = {layer: float(maps[layer].square().mean().sqrt()) for layer in layers}
    for layer, value in found.items():
        if not 0 < value < torch.inf:
            raise NstError(
                WEIGHTS,
                Message(
                    "The weights {name} do not respond to a picture: {layer} is {value:g}.",
                    name=weights.name,
                    layer=layer,
                    value=value,
                ),
                Message("Choose the weights of a trained network."),
            )
    return found
