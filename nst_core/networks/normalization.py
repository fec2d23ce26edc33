"""How networks expect pictures to be prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Normalization:
    """Turns R'G'B' in 0..1 into the network's input: ``image * scale - mean``.

    Attributes:
        scale: of red, green and blue.
        mean: of red, green and blue, on that scale.
    """

    scale: tuple[float, float, float]
    mean: tuple[float, float, float]


# The mean pixel of the training pictures (Simonyan and Zisserman 2015, section 2.1), red first.
CAFFE = Normalization((255.0, 255.0, 255.0), mean=(123.68, 116.779, 103.939))
# torchvision subtracts the mean of its training pictures and divides by their standard deviation.
TORCHVISION = Normalization(
    scale=(1 / 0.229, 1 / 0.224, 1 / 0.225),
    mean=(0.485 / 0.229, 0.456 / 0.224, 0.406 / 0.225),
)

NORMALIZATIONS: Mapping[str, Normalization] = MappingProxyType(
    {"caffe": CAFFE, "torchvision": TORCHVISION}
)
