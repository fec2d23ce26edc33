"""What the places of a picture are to look like, between the photograph's and the painting's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor

from nst_contract.settings import MIN_SIDE, Settings
from nst_contract.vgg_layers import stride
from nst_core.neighbors.columns import GRID, depth_weights, listed, stacked
from nst_core.neighbors.loss import directions
from nst_core.neighbors.strength import strength_of
from nst_core.neighbors.style_places import StylePlaces
from nst_core.neighbors.subject import subject
from nst_core.pictures.picture import resize

# Returns the maps of a picture's places by layer, (1, channels, rows, columns).
Look = Callable[[Tensor], Mapping[str, Tensor]]

# The deepest layer is painted by the strength to the power of this, the shallowest by its inverse:
# forms stay the photograph's longer than surfaces do.
_FORM = 2.0
# Long side, in pixels, of the picture in which the subject is looked for, at all scales alike. A
# face that fills a tenth of it is a few positions of the deepest layer.
_SUBJECT_SIZE = 256


def painted_part(strength: Tensor | None, settings: Settings) -> Tensor:
    """Returns how much each pixel is to look like the painting, 0..1; one number for all alike.

    Args:
        strength: how strongly each pixel is painted, (1, 1, height, width), 0..1, times the
            settings' strength; None: 1 everywhere.
        settings: their strength counts beyond that of a place.
    """
    part = torch.tensor(strength_of(settings).painting)
    return part if strength is None else part.to(strength) * strength


def colored_part(strength: Tensor | None, settings: Settings) -> Tensor:
    """Returns how much of the painting's colours each pixel is to have, as :func:`painted_part`.

    Colours come before forms: what is half painted has three quarters of them.
    """
    return 1 - (1 - painted_part(strength, settings)) ** 2


class Aims:
    """Mixes what the photograph's own places look like with what was chosen for them.

    Args:
        content: the photograph, in the colours that it is to have.
        strength: as for :func:`painted_part`.
        settings: their strength and layers, and what is to be protected.
        look: sees the places of a picture.
    """

    def __init__(
        self, content: Tensor, strength: Tensor | None, settings: Settings, look: Look
    ) -> None:
        painted = painted_part(strength, settings).to(content)
        self._painted = F.avg_pool2d(painted, GRID) if painted.ndim else painted
        kept = strength_of(settings).kept
        if kept:
            self._painted = self._painted * (1 - kept * _subject(content, look))
        self._exponents = depth_weights(settings.style_layer_weights, _FORM)
        is_needed = bool((self._painted < 1).any())
        self._photograph = look(content.contiguous()) if is_needed else None

    def toward(self, style: StylePlaces, choice: Tensor) -> Tensor | None:
        """Returns which way places are to lie from the style's mean; None: as the chosen ones do.

        Args:
            style: what was chosen from.
            choice: indices of the style's places, (1, 1, rows, columns).

        Returns:
            (1, channels, rows, columns).
        """
        if self._photograph is None:
            return None
        found = listed(stacked(self._photograph, style.factors))
        aims = directions(found, style.mean).to(found.dtype)
        chosen = torch.index_select(style.directions, 0, choice.flatten())
        painted = self._painted.to(aims)
        painted = painted.flatten()[:, None] if painted.ndim else painted
        channels = [self._photograph[layer].shape[1] for layer in style.factors]
        for layer, own, theirs in zip(
            style.factors, aims.split(channels, 1), chosen.split(channels, 1), strict=True
        ):
            own.lerp_(theirs, painted ** self._exponents[layer])
        return aims.view(1, *choice.shape[2:], -1).permute(0, 3, 1, 2)


def _subject(content: Tensor, look: Look) -> Tensor:
    """Returns how much each place of the photograph stands out, (1, 1, rows, columns), 0..1."""
    height, width = content.shape[2:]
    factor = _SUBJECT_SIZE / max(height, width)
    small = resize(content, *(max(MIN_SIDE, round(side * factor)) for side in (width, height)))
    maps = look(small.contiguous())
    deepest = max(maps, key=stride)
    return subject(maps[deepest], height // GRID, width // GRID).to(content)
