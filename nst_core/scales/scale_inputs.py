"""The pictures of a run at one scale, as tensors on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.settings import Settings
from nst_contract.vgg_layers import stride
from nst_core.masks.regions import Region, StyleImage
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, resize, to_tensor
from nst_core.scales.pyramid import Scale, Size


@dataclass(frozen=True, eq=False)
class ScaleInputs:
    """What there is to be painted at one scale.

    Attributes:
        content: (1, 3, height, width), R'G'B', 0..1, float32.
        regions: which style is to be where.
        where: how much is painted of each pixel, (1, 1, height, width), 0..1; None: all of it.
    """

    content: Tensor
    regions: Sequence[Region]
    where: Tensor | None

    def compose(self, image: Tensor) -> Tensor:
        """Returns what is seen of a painted picture: the content where nothing is painted."""
        return image if self.where is None else torch.lerp(self.content, image, self.where)


def lay_out(inputs: Inputs, scale: Scale, settings: Settings, device: torch.device) -> ScaleInputs:
    """Brings the pictures to a scale's size and to the device.

    Raises:
        NstError: (bad-input) if the masks leave no position of the feature maps to be painted.
    """
    content = resize(to_tensor(inputs.content), *scale.content).to(device)
    factor = max(map(stride, settings.style_layer_weights))
    groups = _grouped(inputs.styles, scale.styles)
    guides = _guides(inputs, groups, scale.content)
    where = _where(inputs, scale.content)
    regions = []
    for group, guide in zip(groups, guides, strict=True):
        paintings = [_painting(style, size, factor, device) for style, size in group.styles]
        if guide is None:
            regions.append(Region(paintings))
        elif _is_seen(guide, factor):
            regions.append(Region(paintings, guide.to(device), float(guide.mean())))
    if not regions:
        raise NstError(
            BAD_INPUT,
            "The masks leave nothing to be painted, or too little for the network to see.",
            "Paint larger parts of them white.",
        )
    return ScaleInputs(content, regions, None if where is None else where.to(device))


@dataclass(frozen=True, eq=False)
class _Group:
    """Styles that are mixed in the same place, each with its size."""

    styles: Sequence[tuple[Style, Size]]
    mask: Array | None

    @property
    def weight(self) -> float:
        return sum(style.weight for style, _ in self.styles)


def _grouped(styles: Sequence[Style], sizes: Sequence[Size]) -> list[_Group]:
    """Brings styles together that have the same mask."""
    groups: list[tuple[list[tuple[Style, Size]], Array | None]] = []
    for style, size in zip(styles, sizes, strict=True):
        for members, mask in groups:
            if np.array_equal(mask, style.mask):  # type: ignore[arg-type]  # None too
                members.append((style, size))
                break
        else:
            groups.append(([(style, size)], style.mask))
    return [_Group(members, mask) for members, mask in groups]


def painted_where(inputs: Inputs) -> Array | None:
    """Returns how much is painted of each of the content's own pixels, (height, width), 0..1.

    None: all of them are painted, wholly.
    """
    size = inputs.content.width, inputs.content.height
    where = _where(inputs.active(), size)
    return None if where is None else where[0, 0].numpy()


def _where(inputs: Inputs, size: Size) -> Tensor | None:
    """Returns where anything is painted: within the mask, and not where all styles are masked."""
    where = None if inputs.mask is None else _resized(inputs.mask, size)
    masks = [style.mask for style in inputs.styles]
    if any(mask is None for mask in masks):
        return where
    covered = torch.zeros(1)
    for mask in masks:
        assert mask is not None  # noqa: S101 (as asked above)
        covered = covered + _resized(mask, size)
    return _product(where, covered.clamp(max=1))


def _guides(inputs: Inputs, groups: Sequence[_Group], size: Size) -> list[Tensor | None]:
    """Returns where each group is painted.

    Where masks overlap, the groups share the place by their weights. A group without a mask gets
    what the others leave.
    """
    masks = {
        index: _resized(group.mask, size)
        for index, group in enumerate(groups)
        if group.mask is not None
    }
    seen = _product(
        None if inputs.mask is None else _resized(inputs.mask, size),
        _alpha(inputs.content.alpha, size),
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


def _painting(style: Style, size: Size, factor: int, device: torch.device) -> StyleImage:
    visible = _alpha(style.picture.alpha, size)
    if visible is not None:
        visible = visible.to(device) if _is_seen(visible, factor) else None
    image = resize(to_tensor(style.picture), *size).to(device)
    return StyleImage(image, visible, style.weight)


def _is_seen(guide: Tensor, factor: int) -> bool:
    """Tells whether any position counts at the layer of this stride, and so at all before it."""
    height, width = (side // factor * factor for side in guide.shape[2:])
    return bool(guide[..., :height, :width].any())


def _alpha(alpha: Array | None, size: Size) -> Tensor | None:
    return None if alpha is None or alpha.min() == 1 else _resized(alpha, size)


def _resized(mask: Array, size: Size) -> Tensor:
    """Returns a mask as (1, 1, height, width), each pixel the mean of what it covers."""
    tensor = torch.from_numpy(np.ascontiguousarray(mask, np.float32))[None, None]
    return resize(tensor, *size).clamp(0, 1)


def _product(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one * other
