"""How masks share a picture: how much of each pixel belongs to which styles, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Size, resize


@dataclass(frozen=True, eq=False)
class StyleGroup:
    """Styles that are mixed in the same place.

    Attributes:
        styles: one or more, each with the size at which the network sees it.
        mask: where they are painted, (height, width), 0..1; None for wherever the others leave
            room.
    """

    styles: Sequence[tuple[Style, Size]]
    mask: Array | None

    @property
    def weight(self) -> float:
        return sum(style.weight for style, _ in self.styles)


def grouped(styles: Sequence[Style], sizes: Sequence[Size]) -> list[StyleGroup]:
    """Groups the styles that have the same mask."""
    groups: list[tuple[list[tuple[Style, Size]], Array | None]] = []
    for style, size in zip(styles, sizes, strict=True):
        for members, mask in groups:
            if np.array_equal(mask, style.mask):  # type: ignore[arg-type]  # None too
                members.append((style, size))
                break
        else:
            groups.append(([(style, size)], style.mask))
    return [StyleGroup(members, mask) for members, mask in groups]


def painted_mask(inputs: Inputs, size: Size, *, exact: bool = False) -> Tensor | None:
    """Returns how much of each pixel is painted: within the mask, and where there is any style.

    Args:
        inputs: the pictures; every style takes part.
        size: width and height of the result, in pixels.
        exact: as for :func:`nst_core.pictures.picture.resize`.

    Returns:
        (1, 1, height, width), 0..1; None if every pixel is painted in full.
    """
    mask = None if inputs.mask is None else resized(inputs.mask, size, exact=exact)
    style_masks = [style.mask for style in inputs.styles]
    if any(style_mask is None for style_mask in style_masks):
        return mask
    covered = torch.zeros(1)
    for style_mask in style_masks:
        assert style_mask is not None  # noqa: S101 (as asked above)
        covered = covered + resized(style_mask, size, exact=exact)
    return _product(mask, covered.clamp(max=1))


def region_masks(
    inputs: Inputs, groups: Sequence[StyleGroup], size: Size, *, exact: bool = False
) -> list[Tensor | None]:
    """Returns how much of each pixel is visible and belongs to each group of styles.

    Where masks overlap, the groups share the pixel according to their weights. A group without a
    mask gets what the others leave.

    Args:
        inputs: the pictures.
        groups: the groups of their styles.
        size: width and height of the result, in pixels.
        exact: as for :func:`nst_core.pictures.picture.resize`.

    Returns:
        For each group (1, 1, height, width), 0..1; None for the whole picture.
    """
    masks = {
        index: resized(group.mask, size, exact=exact)
        for index, group in enumerate(groups)
        if group.mask is not None
    }
    seen = _product(
        None if inputs.mask is None else resized(inputs.mask, size, exact=exact),
        alpha_at(inputs.content.alpha, size, exact=exact),
    )
    if not masks:
        return [seen]
    covered = torch.stack(list(masks.values())).sum(dim=0).clamp(max=1)
    weighted = {index: groups[index].weight * mask for index, mask in masks.items()}
    total = torch.stack(list(weighted.values())).sum(dim=0)
    part = covered / total.clamp(min=torch.finfo(torch.float32).tiny)
    return [
        _product(weighted[index] * part if index in masks else 1 - covered, seen)
        for index in range(len(groups))
    ]


def alpha_at(alpha: Array | None, size: Size, *, exact: bool = False) -> Tensor | None:
    """Returns alpha as a mask of the given size; None if nothing is transparent."""
    return None if alpha is None or alpha.min() == 1 else resized(alpha, size, exact=exact)


def resized(mask: Array, size: Size, *, exact: bool = False) -> Tensor:
    """Returns a mask as (1, 1, height, width), each pixel the mean of the area it covers."""
    tensor = torch.from_numpy(np.ascontiguousarray(mask, np.float32))[None, None]
    return resize(tensor, *size, exact=exact).clamp(0, 1)


def _product(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one * other
