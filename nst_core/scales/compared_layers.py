"""Which layers a scale's evaluations compare: the deepest only where there is something to settle.

At a fine scale, the deepest layer sees what a coarser scale has settled already: it would hold the
picture where it is, for more than half of the work. The places are chosen by all layers at every
scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nst_contract.backbone import layers_of
from nst_contract.settings import NEIGHBORS, Settings
from nst_contract.vgg_layers import products, stride
from nst_core.scales.scale_sizes import Scale, is_finer

# Long side, in pixels, of the pictures in which layers this deep are left out (measured on
# pictures, by eye: docs/performance.md#layers-of-fine-scales).
_FINE = 512
_DEEP = 8


def compared_layers(scales: Sequence[Scale], index: int, settings: Settings) -> Mapping[str, float]:
    """Returns the style layers that each evaluation of a scale compares, with their weights.

    Args:
        scales: of the run.
        index: of the scale.
        settings: give the style layers, and how styles are compared.
    """
    layers = settings.style_layer_weights
    is_fine = is_finer(index, settings) and max(scales[index].content) >= _FINE
    if settings.style_loss != NEIGHBORS or not is_fine:
        return layers
    shallow = {layer: weight for layer, weight in layers.items() if stride(layer) < _DEEP}
    return shallow or layers


def part_of_work(scales: Sequence[Scale], index: int, settings: Settings) -> float:
    """Returns how much of the network an evaluation of a scale computes, 0..1; 1: all layers."""
    known = layers_of(settings.backbone_choice)
    compared = compared_layers(scales, index, settings)
    return products(compared, known) / products(settings.style_layer_weights, known)
