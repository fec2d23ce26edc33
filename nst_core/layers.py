"""Names of VGG's layers, and what follows from a name alone.

``relu3_1`` is the first ReLU of the third block; ``pool3`` is the pooling that ends that block.
"""

from __future__ import annotations

from collections.abc import Sequence

# Convolutions in each block of VGG19 (Simonyan and Zisserman 2015, table 1, configuration E).
VGG19_BLOCKS = (2, 2, 4, 4, 4)


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


def stride(layer: str) -> int:
    """Returns how many pixels one position of a layer's feature maps stands for, on a side."""
    block = int(layer.removeprefix("relu").removeprefix("pool").partition("_")[0])
    return int(2 ** (block if layer.startswith("pool") else block - 1))
