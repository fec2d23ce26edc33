"""A small VGG16 for pictures of 32 x 32 pixels."""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor, nn

from nst_contract.vgg_layers import VGG16_BLOCKS, names
from nst_core.networks.mini_vgg import EPSILON

# Channels of each block, as multiples of those of the first: VGG has 64, 128, 256, 512, 512.
_GROWTH = (1, 2, 4, 8, 8)


class MiniVgg(nn.Module):
    """VGG16's convolutions (Simonyan and Zisserman 2015, configuration D), batch-normalised.

    Each convolution is followed by batch normalisation (Ioffe and Szegedy 2015) and ReLU. After
    the last pooling each map is averaged, and one linear layer predicts the class: the three that
    VGG has there would contain nearly all the weights, and contribute nothing to a style.

    Args:
        width: channels of the first block; VGG16 has 64.
        classes: how many there are.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        channels = 3
        for block, (count, growth) in enumerate(zip(VGG16_BLOCKS, _GROWTH, strict=True), start=1):
            for number in range(1, count + 1):
                name, outputs = f"{block}_{number}", width * growth
                # The normalisation that follows has a bias, and would cancel one here.
                conv = nn.Conv2d(channels, outputs, kernel_size=3, padding=1, bias=False)
                nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
                self.add_module(f"conv{name}", conv)
                self.add_module(f"norm{name}", nn.BatchNorm2d(outputs, eps=EPSILON))
                channels = outputs
        self.classifier = nn.Linear(channels, classes)

    def features(self, normalized: Tensor) -> dict[str, Tensor]:
        """Returns the maps after each ReLU and pooling, by VGG's layer names.

        Args:
            normalized: (count, 3, height, width), with the mean subtracted, and divided by the
                standard deviation.
        """
        maps, found = normalized, {}
        for layer in names(VGG16_BLOCKS):
            if layer.startswith("pool"):
                maps = F.max_pool2d(maps, kernel_size=2)
            else:
                convolve, norm = (
                    cast(nn.Module, getattr(self, layer.replace("relu", kind)))
                    for kind in ("conv", "norm")
                )
                maps = F.relu(norm(convolve(maps)))
            found[layer] = maps
        return found

    def forward(self, normalized: Tensor) -> Tensor:
        """Returns (count, classes), the logits."""
        last = self.features(normalized)[f"pool{len(VGG16_BLOCKS)}"]
        return cast(Tensor, self.classifier(last.mean(dim=(2, 3))))
