"""The objective's value and gradient, computed for the whole picture at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.masks.regions import Region, StyleImage, at_layer
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Evaluation
from nst_core.objective.losses import content_loss, statistics
from nst_core.objective.style_targets import StatisticsByLayer, StyleTargets


class WholeObjective:
    """Content and style losses over a network's feature maps, as a function of the picture.

    Args:
        network: computes the feature maps.
        content: (1, 3, height, width), R'G'B', 0..1, float32, on the network's device.
        regions: which styles go where, at the content's size.
        settings: layers, losses and weights.
    """

    def __init__(
        self, network: Vgg, content: Tensor, regions: Sequence[Region], settings: Settings
    ) -> None:
        self._network = network
        self._content_weight = settings.content_weight
        self._content_layers = settings.content_layer_weights
        self._style_layers = settings.style_layer_weights
        self._masks = [
            {layer: None if region.mask is None else at_layer(region.mask, layer)
             for layer in self._style_layers}
            for region in regions
        ]  # fmt: skip
        with torch.no_grad():
            self._content = network.features(content, self._content_layers)
            self._targets = StyleTargets(regions, settings, self._measure)

    @property
    def magnitude(self) -> float:
        """The style loss of a picture whose feature maps are all zero."""
        return self._targets.magnitude

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates the loss and its gradient at ``image``, which has the content's shape."""
        image = image.detach().contiguous().requires_grad_()
        features = self._network.features(image, {**self._content_layers, **self._style_layers})
        losses = [
            weight * content_loss(features[layer], self._content[layer])
            for layer, weight in self._content_layers.items()
        ]
        content = self._content_weight * torch.stack(losses).sum()
        style = self._targets.loss(
            [
                {layer: statistics(features[layer], mask) for layer, mask in masks.items()}
                for masks in self._masks
            ]
        )
        loss = content + style
        (gradient,) = torch.autograd.grad(loss, image)
        return Evaluation(loss.item(), content.item(), style.item(), gradient.contiguous())

    def _measure(self, painting: StyleImage) -> StatisticsByLayer:
        features = self._network.features(painting.image, self._style_layers)
        return {
            layer: statistics(
                maps, None if painting.visible is None else at_layer(painting.visible, layer)
            )
            for layer, maps in features.items()
        }
