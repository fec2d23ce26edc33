"""What blocks need of the paintings, whatever is painted after them: kept from scale to scale."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nst_core.masks.regions import Region, StyleImage
from nst_core.neighbors.matching import Matcher
from nst_core.neighbors.style_places import StylePlaces


@dataclass(frozen=True, eq=False)
class KnownStyle:
    """The paintings of a region.

    Attributes:
        images: the paintings.
        factors: of their columns in all layers; the picture's need the same.
        desired: how much each place is to be used, as :class:`StylePlaces` has it.
        matcher: chooses among the places by all layers, without prices yet.
        compared: the places as those layers see them that are compared.
    """

    images: Sequence[StyleImage]
    factors: Mapping[str, float]
    desired: Tensor
    matcher: Matcher
    compared: StylePlaces

    @classmethod
    def of(cls, region: Region, places: StylePlaces, compared: Collection[str]) -> KnownStyle:
        """Keeps what is needed of all that the network sees in a region's paintings."""
        return cls(
            region.style_images,
            places.factors,
            places.desired,
            Matcher.without_prices(places),
            places.in_layers(compared),
        )

    def is_of(self, region: Region, compared: Collection[str], like: Tensor) -> bool:
        """Tells whether this is what a region needs at another scale.

        Args:
            region: there.
            compared: the layers that are compared there.
            like: has the network's number format and device.
        """
        own = self.compared.directions
        return (
            len(self.images) == len(region.style_images)
            and all(map(_are_equal, self.images, region.style_images))
            and list(self.compared.factors) == [name for name in self.factors if name in compared]
            and (own.dtype, own.device) == (like.dtype, like.device)
        )


def _are_equal(one: StyleImage, other: StyleImage) -> bool:
    if one.weight != other.weight or (one.visible is None) is not (other.visible is None):
        return False
    pairs = [(one.image, other.image)]
    if one.visible is not None and other.visible is not None:
        pairs.append((one.visible, other.visible))
    return all(torch.equal(ours, theirs) for ours, theirs in pairs)
