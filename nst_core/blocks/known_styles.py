"""What blocks need of the paintings, whatever is painted after them: kept from scale to scale."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.masks.regions import Region, StyleImage
from nst_core.neighbors.matching import Matcher
from nst_core.neighbors.seen_places import seen_places
from nst_core.neighbors.style_places import StylePlaces
from nst_core.neighbors.tone import TONE, tones
from nst_core.networks.vgg import Vgg
from nst_core.objective.neighbor_term import places_of_styles


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


def look_to_choose(network: Vgg, settings: Settings, image: Tensor) -> Mapping[str, Tensor]:
    """Returns what decides which places are chosen: all layers, and the tone.

    Args:
        network: computes the feature maps.
        settings: give the layers.
        image: (1, 3, height, width), R'G'B', 0..1.
    """
    seen = seen_places(network, image, settings.style_layer_weights)
    return {**seen, TONE: tones(image).to(network.dtype)}


def styles_of(
    network: Vgg,
    regions: Sequence[Region],
    settings: Settings,
    compared: Collection[str],
    known: Sequence[KnownStyle] = (),
) -> Sequence[KnownStyle]:
    """Returns the styles of each region: those of another scale, if they are the same.

    Args:
        network: looks at them.
        regions: of the scale.
        settings: how to paint, with neighbours.
        compared: the layers that are compared at the scale.
        known: the styles of the other scale.
    """
    like = torch.empty(0, dtype=network.dtype, device=network.device)
    if len(known) == len(regions) and all(
        style.is_of(region, compared, like) for style, region in zip(known, regions, strict=True)
    ):
        return known
    look = partial(look_to_choose, network, settings)
    places = places_of_styles(regions, settings, look, is_toned=True)
    return [
        KnownStyle.of(region, of_region, compared)
        for region, of_region in zip(regions, places, strict=True)
    ]


def _are_equal(one: StyleImage, other: StyleImage) -> bool:
    if one.weight != other.weight or (one.visible is None) is not (other.visible is None):
        return False
    pairs = [(one.image, other.image)]
    if one.visible is not None and other.visible is not None:
        pairs.append((one.visible, other.visible))
    return all(torch.equal(ours, theirs) for ours, theirs in pairs)
