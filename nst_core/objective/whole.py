"""The objective's value and gradient, computed for the whole picture at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from nst_contract.settings import NEIGHBORS, Settings
from nst_core.masks.regions import Region, at_layer
from nst_core.networks.vgg import Vgg
from nst_core.objective.content_term import ContentTerm
from nst_core.objective.evaluation import Evaluation
from nst_core.objective.local_term import LocalTerm
from nst_core.objective.losses import Statistics, statistics
from nst_core.objective.neighbor_aims import OwnPart, Photograph
from nst_core.objective.neighbor_term import UNMATCHED, Matching, matched
from nst_core.objective.replayed import Replayed
from nst_core.objective.sight import Sight
from nst_core.objective.style_targets import StyleTargets


class WholeObjective:
    """Content and style losses over a network's feature maps, as a function of the picture.

    Args:
        network: computes the feature maps.
        content: (1, 3, height, width), R'G'B', 0..1, float32, on the network's device.
        regions: which styles go where, at the content's size.
        settings: layers, losses and weights.
        matching: with neighbours, what the choice of places starts from.
        strength: with neighbours, how strongly each pixel is painted, (1, 1, height, width), 0..1;
            None: all fully.
        compared: the style layers that each evaluation compares, with their weights; None: all.
        visible: with neighbours, how much of each pixel is visible, (1, 1, height, width), 0..1;
            None: all.
    """

    def __init__(
        self,
        network: Vgg,
        content: Tensor,
        regions: Sequence[Region],
        settings: Settings,
        matching: Matching = UNMATCHED,
        strength: Tensor | None = None,
        compared: Mapping[str, float] | None = None,
        visible: Tensor | None = None,
    ) -> None:
        style_layers = compared or settings.style_layer_weights
        masks = [
            {layer: None if region.mask is None else at_layer(region.mask, layer)
             for layer in style_layers}
            for region in regions
        ]  # fmt: skip
        self._local: LocalTerm
        own: Sequence[OwnPart] = ()
        with torch.no_grad():
            sight = Sight(network, settings.style_layer_weights, style_layers)
            if settings.style_loss == NEIGHBORS:
                photograph = Photograph.of(
                    content, regions, settings, sight.look, strength, visible
                )
                own = [photograph.own_part(region) for region in regions]
                sight.will_measure([part.photograph for part in own if part.is_seen])
                sight.will_measure([image for region in regions for image in region.style_images])
                self._local = matched(
                    photograph, regions, settings, sight.look, matching, compared=compared
                )
            else:
                maps = network.features(content, settings.content_layer_weights)
                self._local = ContentTerm(maps, settings)
            self._targets = StyleTargets(regions, settings, sight.measure, own, compared)
        # On processors, Gram losses stay as they are, to the byte.
        may_be_rounded = settings.style_loss == NEIGHBORS or network.device.type != "cpu"
        is_rounded = may_be_rounded and network.multiplies_fast
        measure = partial(
            statistics, rounds_gradient=is_rounded, with_mean=self._targets.compares_means
        )
        self._losses = partial(_losses, network, self._local, self._targets, masks, measure)
        compute = partial(_with_gradient, self._losses)
        # Roots of matrices are waited for.
        can_be_replayed = settings.style_loss != "wasserstein"
        self._compute = Replayed(compute) if can_be_replayed else compute

    @property
    def magnitude(self) -> float:
        """The style loss of a picture whose feature maps are all zero, and the neighbours'."""
        return self._targets.magnitude + self._local.magnitude

    @property
    def choices(self) -> Sequence[Tensor]:
        """With neighbours, the places that were chosen for each region; otherwise none."""
        return self._local.choices

    def loss(self, image: Tensor) -> float:
        """Returns the loss alone, for which the gradient need not be computed."""
        with torch.no_grad():
            return float(self._losses(image)[0])

    def evaluate(self, image: Tensor) -> Evaluation:
        """Evaluates the loss and its gradient at ``image``, which has the content's shape."""
        losses, gradient = self._compute(image)
        loss, content, style = losses.tolist()
        return Evaluation(loss, content, style, gradient)


def _losses(
    network: Vgg,
    local: LocalTerm,
    targets: StyleTargets,
    masks: Sequence[Mapping[str, Tensor | None]],
    measure: Callable[[Tensor, Tensor | None], Statistics],
    image: Tensor,
) -> Tensor:
    """Returns the loss and its two parts, (3,).

    Args:
        network, local, targets: as above.
        masks: of each region (there is at least one), at each style layer.
        measure: returns the statistics of a layer's maps where a mask lets them count.
        image: where to evaluate them.
    """
    features = network.features(image, [*local.layers, *masks[0]])
    content = local.loss(features, *image.shape[2:])
    style = targets.loss(
        [
            {layer: measure(features[layer], mask) for layer, mask in of_region.items()}
            for of_region in masks
        ]
    )
    return torch.stack([content + style, content, style])


def _with_gradient(losses: Callable[[Tensor], Tensor], image: Tensor) -> tuple[Tensor, Tensor]:
    """Returns some losses of a picture, and the gradient of the first."""
    image = image.detach().contiguous().requires_grad_()
    found = losses(image)
    (gradient,) = torch.autograd.grad(found[0], image)
    return found.detach(), gradient.contiguous()
