"""Brings a trained network's feature maps to the magnitude of VGG19's, so that the usual weights
work.

The losses know nothing about the network: the content loss grows with the square of the feature
maps, a style loss with their fourth power, and layers with large maps drown out the others. Gatys
et al. rescaled VGG19 for the same reason (CVPR 2016, section 2). ReLU and pooling pass on a
positive factor, so one factor for each layer changes nothing but the magnitude of its maps.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.errors import DIVERGED, NstError
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective.losses import statistics
from nst_core.training.settings import LOWER_RATE

# Photographs to paint are hundreds of pixels large and smooth; training pictures become so when
# enlarged this many times. Otherwise they would be all edges to the first layers and all border to
# the last ones (docs/performance.md).
_ENLARGED = 8
# The number of pictures in a row, and of rows.
_ROW = 3


def gains(ours: Weights, theirs: Weights, images: Tensor) -> dict[str, float]:
    """Returns the factor for each of our layers that makes its style loss as large as theirs.

    The losses of a layer are compared at zero maps, where they are ||G||^2 / n^4 for the Gram
    matrix G of n channels (nst_core.objective.style_targets) and grow with the fourth power of the
    factor. Networks of equal width then agree in the content loss too; in a network of half the
    width it is half as large.

    Args:
        ours: the network, not rescaled.
        theirs: a network that has all our layers.
        images: (count, 3, side, side), uint8; both networks look at some of them.

    Raises:
        NstError: (diverged) if one of our layers is all zero or not finite.
    """
    picture = mosaic(images)
    layers = [name.replace("conv", "relu") for name in ours.convolutions]
    have, want = (_sizes(weights, picture, layers) for weights in (ours, theirs))
    for layer in layers:
        if not 0 < have[layer] < float("inf"):
            raise NstError(
                DIVERGED,
                f"The trained network is useless: its layer {layer} tells nothing.",
                LOWER_RATE,
            )
    return {layer: (want[layer] / have[layer]) ** 0.5 for layer in layers}


def mosaic(images: Tensor) -> Tensor:
    """Enlarges pictures from across a data set and lays them out side by side.

    Args:
        images: (count, 3, side, side), uint8.

    Returns:
        (1, 3, 24 * side, 24 * side), 0..1, float32.
    """
    # Evenly spaced, because pictures of a class may be next to each other.
    chosen = images[torch.arange(_ROW**2) * len(images) // _ROW**2].float() / 255
    large = F.interpolate(chosen, scale_factor=_ENLARGED, mode="bicubic").clamp(0, 1)
    side = large.shape[-1]
    grid = large.view(_ROW, _ROW, 3, side, side).permute(2, 0, 3, 1, 4)
    return grid.reshape(1, 3, _ROW * side, _ROW * side)


def _sizes(weights: Weights, picture: Tensor, layers: list[str]) -> Mapping[str, float]:
    network = Vgg(weights, torch.device("cpu"), torch.float32)
    with torch.no_grad():
        maps = network.features(picture, layers)
        grams = {layer: statistics(maps[layer]).gram for layer in layers}
    return {layer: gram.norm().item() / len(gram) ** 2 for layer, gram in grams.items()}
