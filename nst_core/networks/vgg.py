"""Feature maps of a VGG (Simonyan and Zisserman 2015), up to a named layer."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.vgg_layers import names
from nst_core.networks import cudnn, winograd
from nst_core.networks.color_convolution import ColorConvolution
from nst_core.networks.device import multiplies_bfloat16_fast
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.pooling import max_pool
from nst_core.networks.rectified import rectified_for_both

_WINOGRAD_CHANNELS = 64
_COLORS = 3
# An average is smaller than a maximum. With these factors, the mean activations after the four
# poolings in use remain those of the trained network (measured on photographs).
_AVERAGE_GAINS = {"pool1": 1.2, "pool2": 1.4, "pool3": 1.45, "pool4": 1.95}


class Vgg:
    """The convolutional part of a VGG with fixed weights: VGG19, or whichever the weights are for.

    Args:
        weights: the convolutions and the normalisation they expect.
        device: where to compute.
        dtype: number format of the feature maps, float32 or bfloat16.

    Attributes:
        name, choice: as of the weights.
        layers: names of all layers, in the order of computation.
        pooling: "max" or "average".
        is_rounded_alike: whether all systems' CPUs get the same bits.
        multiplies_fast: whether the hardware itself can multiply matrices in the maps' format.
    """

    def __init__(self, weights: Weights, device: torch.device, dtype: torch.dtype) -> None:
        self.name = weights.name
        self.choice = weights.choice
        self.layers = names(weights.blocks)
        self.device = device
        self.dtype = dtype
        self.pooling = "max"
        self.is_rounded_alike = False
        self.multiplies_fast = dtype == torch.float32 or multiplies_bfloat16_fast(str(device))
        self._scale, self._mean = (
            torch.tensor(values, device=device).view(1, 3, 1, 1)
            for values in (weights.normalization.scale, weights.normalization.mean)
        )
        # channels_last keeps the channels of a pixel together, as the fast kernels of CPUs and GPUs
        # expect.
        self._convolutions = {
            name: _convolution_relu(kernel.to(device), bias.to(device), dtype)
            for name, (kernel, bias) in weights.convolutions.items()
        }

    @property
    def is_winograds(self) -> bool:
        """Whether its convolutions are computed in many small steps, by Winograd's algorithm."""
        ways = self._convolutions.values()
        return any(isinstance(way, winograd.ConvolutionRelu) for way in ways)

    def with_pooling(self, pooling: str) -> Vgg:
        """Returns this network with a different kind of pooling; the weights are shared."""
        return self._with(pooling=pooling)

    def rounded_alike(self, is_rounded_alike: bool) -> Vgg:
        """Returns this network rounded otherwise; the weights are shared."""
        return self._with(is_rounded_alike=is_rounded_alike)

    def _with(self, **different: object) -> Vgg:
        if all(getattr(self, name) == value for name, value in different.items()):
            return self  # so that what is known about this object, such as its speed, stays known
        other = copy.copy(self)
        vars(other).update(different)
        return other

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Computes feature maps after the named ReLU or pooling layers.

        Args:
            image: (1, 3, height, width), R'G'B', 0..1 (and beyond), float32. Differentiable.
            layers: names from :attr:`layers`.

        Returns:
            For each layer (1, channels, height, width) in this network's number format; every
            pooling on the way halves the sides, rounding down.
        """
        wanted = set(layers)
        last = max(self.layers.index(name) for name in wanted)
        # The mean is subtracted in float32: bfloat16 cannot tell neighbouring grey levels apart.
        maps = (image * self._scale - self._mean).to(self.dtype, memory_format=torch.channels_last)
        found = {}
        is_rectified = True
        for name, following in itertools.pairwise((*self.layers[: last + 1], "")):
            if name.startswith("pool"):
                maps = self._pool(maps, name, is_rectified=is_rectified)
                is_rectified = True
            else:
                convolution = self._convolution(name)
                is_pooled = following.startswith("pool") and self.pooling == "max"
                if is_pooled and name not in wanted and isinstance(convolution, _Direct):
                    # The largest of four is the same before ReLU and after, and a fourth as many.
                    maps, is_rectified = convolution.without_relu(maps), False
                elif name in wanted and isinstance(convolution, _Direct):
                    maps, found[name] = convolution.for_both(maps)
                else:
                    maps = convolution(maps)
            if name in wanted:
                found.setdefault(name, maps)
        return found

    def _convolution(self, name: str) -> Callable[[Tensor], Tensor]:
        convolution = self._convolutions[name.replace("relu", "conv")]
        if self.is_rounded_alike and isinstance(convolution, winograd.ConvolutionRelu):
            return convolution.rounded_alike
        return convolution

    def _pool(self, maps: Tensor, name: str, *, is_rectified: bool) -> Tensor:
        if self.pooling == "average":
            return F.avg_pool2d(maps, kernel_size=2) * _AVERAGE_GAINS.get(name, 1.0)
        if maps.device.type == "cpu":
            return max_pool(maps, rectifies=not is_rectified)
        pooled = F.max_pool2d(maps, kernel_size=2)
        return pooled if is_rectified else F.relu_(pooled)


def _convolution_relu(
    kernel: Tensor, bias: Tensor, dtype: torch.dtype
) -> Callable[[Tensor], Tensor]:
    """Returns the fastest way to compute a convolution and its ReLU on maps of a number format.

    On CPUs that is Winograd's, unless they multiply bfloat16 fast, or there are too few channels to
    make up for the cost of its transforms, as only in conv1_1 (docs/decisions.md).
    """
    direct = dtype != torch.float32 and multiplies_bfloat16_fast(str(kernel.device))
    if kernel.device.type == "cpu" and kernel.shape[1] >= _WINOGRAD_CHANNELS and not direct:
        return winograd.ConvolutionRelu(kernel.float(), bias.float())
    # As Winograd's: where the processor cannot multiply such maps, they are only kept in it.
    computed = torch.float32 if kernel.device.type == "cpu" and not direct else dtype
    kernel, bias = kernel.to(computed, memory_format=torch.channels_last), bias.to(computed)
    if cudnn.is_used_for(kernel):
        return lambda maps: cudnn.convolution_relu(maps, kernel, bias)
    convolution: Callable[[Tensor], Tensor]
    if kernel.device.type == "cpu" and kernel.shape[1] == _COLORS:
        convolution = ColorConvolution(kernel, bias)
    else:
        convolution = functools.partial(F.conv2d, weight=kernel, bias=bias, padding=1)
    if computed == dtype:
        return _Direct(convolution)
    return _Direct(lambda maps: convolution(maps.to(computed)).to(dtype))


class _Direct:
    """A convolution and its ReLU, one after the other.

    Args:
        without_relu: the convolution; its result is overwritten.
    """

    def __init__(self, without_relu: Callable[[Tensor], Tensor]) -> None:
        self.without_relu = without_relu

    def __call__(self, maps: Tensor) -> Tensor:
        return F.relu_(self.without_relu(maps))

    def for_both(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the maps for the next layer, and the same for a loss."""
        maps = self.without_relu(maps)
        if maps.device.type == "cpu":
            return rectified_for_both(maps)
        maps = F.relu_(maps)
        return maps, maps
