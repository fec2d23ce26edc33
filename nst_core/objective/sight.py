"""What the network sees of a scale's pictures, before anything is painted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from torch import Tensor

from nst_core.masks.regions import StyleImage, at_layer
from nst_core.neighbors.seen_places import places_of
from nst_core.networks.vgg import Vgg
from nst_core.objective.losses import statistics
from nst_core.objective.style_targets import StatisticsByLayer


class Sight:
    """Looks at pictures for their places, and measures their statistics.

    Args:
        network: computes the feature maps.
        seen: the layers that places are made of.
        measured: the layers that statistics are taken of; with places, some of ``seen``.
    """

    def __init__(self, network: Vgg, seen: Collection[str], measured: Collection[str]) -> None:
        self._network = network
        self._seen = seen
        self._measured = measured
        self._found: dict[StyleImage, StatisticsByLayer | None] = {}

    def will_measure(self, paintings: Iterable[StyleImage]) -> None:
        """Has pictures measured when their places are looked at, instead of at a second look."""
        self._found.update(dict.fromkeys(paintings))

    def look(self, image: Tensor) -> Mapping[str, Tensor]:
        """Returns the maps of a picture's places; see :data:`neighbor_aims.Look`."""
        features = self._network.features(image, self._seen)
        for painting in self._found:
            if painting.image is image:
                self._found[painting] = self._statistics(features, painting)
        return places_of(features, image.shape, self._network.dtype)

    def measure(self, painting: StyleImage) -> StatisticsByLayer:
        """Returns a picture's statistics where it is visible."""
        found = self._found.get(painting)
        if found is None:
            features = self._network.features(painting.image, self._measured)
            found = self._statistics(features, painting)
        return found

    def _statistics(
        self, features: Mapping[str, Tensor], painting: StyleImage
    ) -> StatisticsByLayer:
        visible = painting.visible
        return {
            layer: statistics(
                features[layer], None if visible is None else at_layer(visible, layer)
            )
            for layer in self._measured
        }
