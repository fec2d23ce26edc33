"""Value and gradient of the whole objective for pictures of one size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from nst_core.losses import content_loss, gram_loss, gram_matrix
from nst_core.settings import Settings
from nst_core.vgg import Vgg

# Layers and weights of the PyTorch notebook that Gatys et al. published.
CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@dataclass(frozen=True)
class Evaluation:
    """The objective at one picture.

    Attributes:
        loss: the sum that is minimised.
        content, style: the weighted losses in it.
        gradient: of ``loss`` with respect to the picture, in the picture's shape, float32.
    """

    loss: float
    content: float
    style: float
    gradient: Tensor


class Evaluates(Protocol):
    """An objective: whole or in tiles, bounded or not."""

    @property
    def magnitude(self) -> float:
        """The loss of a picture without any style: what losses are large or small against."""
        ...

    def evaluate(self, image: Tensor) -> Evaluation:
        """Returns loss and gradient at a picture."""
        ...


class Objective:
    """Content and style losses over VGG19's feature maps, as a function of the picture.

    Args:
        network: computes the feature maps.
        content: (1, 3, height, width), R'G'B', 0..1, float32, on the network's device.
        styles: one or more pictures of the same layout and of any size; the target is the mean
            of their Gram matrices.
        settings: gives the weights.
    """

    def __init__(
        self, network: Vgg, content: Tensor, styles: Sequence[Tensor], settings: Settings
    ) -> None:
        self._network = network
        self._settings = settings
        with torch.no_grad():
            self._content = network.features(content, [CONTENT_LAYER])[CONTENT_LAYER]
            self._grams = mean_grams([_grams(network, style) for style in styles])

    @property
    def magnitude(self) -> float:
        """The style loss of a picture whose feature maps are all zero."""
        return magnitude(self._grams, self._settings)

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates loss and gradient at ``image``, which has the content's shape."""
        image = image.detach().contiguous().requires_grad_()
        features = self._network.features(image, [CONTENT_LAYER, *STYLE_LAYERS])
        content = content_loss(features[CONTENT_LAYER], self._content)
        content = self._settings.content_weight * content
        grams = {layer: gram_matrix(features[layer]) for layer in STYLE_LAYERS}
        style = self._settings.style_weight * style_loss(grams, self._grams)
        loss = content + style
        (gradient,) = torch.autograd.grad(loss, image)
        return Evaluation(loss.item(), content.item(), style.item(), gradient.contiguous())


def _grams(network: Vgg, style: Tensor) -> dict[str, Tensor]:
    features = network.features(style, STYLE_LAYERS)
    return {layer: gram_matrix(maps) for layer, maps in features.items()}


def mean_grams(grams: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Returns, for each layer, the mean of several styles' Gram matrices: what is aimed at."""
    return {
        layer: torch.stack([gram[layer] for gram in grams]).mean(dim=0) for layer in STYLE_LAYERS
    }


def style_loss(grams: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """Sums the Gram losses of all layers (Gatys et al. 2016, equation 5, notebook's weights).

    The notebook weighs each layer by 1 / channels^2, so that wide layers do not dominate.
    """
    losses = [gram_loss(grams[layer], targets[layer]) / len(targets[layer]) ** 2 for layer in grams]
    return torch.stack(losses).sum()


def magnitude(targets: Mapping[str, Tensor], settings: Settings) -> float:
    """Returns the weighted style loss of feature maps that are all zero."""
    nothing = {layer: torch.zeros_like(gram) for layer, gram in targets.items()}
    return settings.style_weight * style_loss(nothing, targets).item()
