"""Names of VGG's layers, and what follows from a name alone.

``relu3_1`` is the first ReLU of the third block; ``pool3`` is the pooling that ends that block.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.messages import Message, mark

# Convolutions in each block of VGG19 (Simonyan and Zisserman 2015, table 1, configuration E).
VGG19_BLOCKS = (2, 2, 4, 4, 4)
# The same of VGG16 (configuration D), large or small.
VGG16_BLOCKS = (2, 2, 3, 3, 3)


def names(blocks: Sequence[int]) -> tuple[str, ...]:
    """Returns the layers of a VGG in the order they are computed: relu1_1, relu1_2, pool1, ...

    Args:
        blocks: how many convolutions each block has.
    """
    return tuple(
        name
        for block, count in enumerate(blocks, start=1)
        for name in (*(f"relu{block}_{i}" for i in range(1, count + 1)), f"pool{block}")
    )


LAYERS = names(VGG19_BLOCKS)


def choices(blocks: Sequence[int] = VGG19_BLOCKS) -> tuple[str, ...]:
    """Returns the layers that losses can be taken from."""
    # The last pooling would need pictures of twice the least size, and is of little use.
    return names(blocks)[:-1]


def stride(layer: str) -> int:
    """Returns how many pixels one position of a layer's feature maps stands for, on a side."""
    return int(2 ** (_block(layer) if layer.startswith("pool") else _block(layer) - 1))


def channels(layer: str) -> int:
    """Returns how many feature maps VGG19 has at a layer."""
    return int(min(64 * 2 ** (_block(layer) - 1), 512))


def products(layers: Iterable[str], known: Sequence[str] = LAYERS) -> float:
    """Returns how many products VGG computes for each pixel, up to the deepest of some layers.

    Args:
        layers: names out of ``known``.
        known: all layers of the network, in its order.
    """
    total, before = 0.0, 3
    for layer in known[: max(map(known.index, layers)) + 1]:
        if not layer.startswith("pool"):
            total += 9 * before * channels(layer) / stride(layer) ** 2
            before = channels(layer)
    return total


def _block(layer: str) -> int:
    return int(layer.removeprefix("relu").removeprefix("pool").partition("_")[0])


def layer_weights(setting: str, text: str, known: Sequence[str] = choices()) -> dict[str, float]:
    """Reads layers with their weights, as in "relu3_2:0.5,relu4_2".

    Args:
        setting: whose value the text is, for the message.
        known: the layers that there are.

    Returns:
        The weight of each layer, in the order of the network; 1 where the text gives none.

    Raises:
        NstError: (bad-setting) if a layer is unknown or named twice, or a weight is not a
            number above 0.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        layer, colon, number = (piece.strip() for piece in part.partition(":"))
        if layer not in known or layer in weights:
            twice = mark("{setting} names {layer!r} twice.")
            unknown = mark("{setting} names {layer!r}, which the network does not have.")
            raise NstError(
                BAD_SETTING,
                Message(twice if layer in weights else unknown, setting=setting, layer=layer),
                Message(
                    "Choose layers out of {known}, with commas between them.",
                    known=", ".join(known),
                ),
            )
        weights[layer] = _weight(setting, part, number) if colon else 1.0
    return {layer: weights[layer] for layer in known if layer in weights}


def _weight(setting: str, part: str, number: str) -> float:
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not 0 < weight < math.inf:
        raise NstError(
            BAD_SETTING,
            Message(
                "{setting} has {layer!r}, whose weight is not a number above 0.",
                setting=setting,
                layer=part.strip(),
            ),
            Message("Write a layer's weight as in relu4_2:0.5."),
        )
    return weight
