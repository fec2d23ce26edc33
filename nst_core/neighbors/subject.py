"""What a photograph shows: the places that stand out because little in it looks like them.

Sky, water and walls look alike all over; eyes, gables and hands are rare. That rare features draw
the eye is an old model of attention (Bruce and Tsotsos 2005, "Saliency based on information
maximization"). Here they are what a deep layer of the network says of a place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_core.neighbors.loss import directions, mean_of
from nst_core.networks.device import exact_device
from nst_core.networks.rounding import rounded

# Differences in similarity (-1..1) that hardly matter. With a third of it, every place of a meadow
# counts as rare, because no two are quite the same.
_ALIKE = 0.3
# Rarities lie close together, and few are high: their power tells eyes from fur.
_POWER = 3


def subject(maps: Tensor, rows: int, columns: int, visible: Tensor | None = None) -> Tensor:
    """Returns how much each place stands out from the rest of its picture.

    How common a place is says log(sum of exp(cosine / 0.3)) over all places, with cosines about
    their mean; its rarity is what it lacks to the commonest, the rarest's being 1, to the power
    of 3.

    Args:
        maps: feature maps of the whole picture at any size, (1, channels, height, width).
        rows, columns: how many places there are to be.
        visible: how much each of the maps' places counts, (1, 1, height, width), 0..1, not 0 all
            over; None: all alike. Where nothing is visible, nothing stands out.

    Returns:
        (1, 1, rows, columns), 0 (the commonest) to 1 (the rarest), float32; 0 all over where no
        place differs from another.
    """
    places = maps.float().flatten(start_dim=2).squeeze(0).T
    counts = None if visible is None else visible.to(places).flatten()
    mean = places.mean(dim=0) if counts is None else mean_of(places, counts / counts.sum())
    ways = directions(places, mean)
    alike = ways @ ways.T / _ALIKE
    common = torch.logsumexp(alike if counts is None else alike + counts.log(), dim=1)
    if counts is not None:
        common = torch.where(counts > 0, common, common[counts > 0].max())
    rarity = common.max() - common
    rarity = (rarity / rarity.max().clamp(min=torch.finfo(rarity.dtype).eps)) ** _POWER
    exact = rarity.view(1, 1, *maps.shape[2:]).to(exact_device(maps.device)).double()
    found = F.interpolate(exact, (rows, columns), mode="bilinear", align_corners=False)
    return rounded(found, rarity.dtype).to(rarity.device)
