"""The pictures of a run at one scale, as tensors on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.messages import Message
from nst_contract.settings import NEIGHBORS, Settings
from nst_contract.vgg_layers import stride
from nst_core.masks.regions import Region, StyleImage, is_seen
from nst_core.masks.sharing import alpha_at, grouped, painted_mask, region_masks, resized
from nst_core.neighbors.columns import PLACE
from nst_core.neighbors.strength import strength_of
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture, Size, as_tensor, resize, to_tensor
from nst_core.scales.scale_sizes import Scale


@dataclass(frozen=True, eq=False)
class ScaleInputs:
    """What to paint at one scale.

    Attributes:
        content: (1, 3, height, width), R'G'B', 0..1, float32; not to be written to.
        regions: which styles go where.
        mask: how much of each pixel is painted, (1, 1, height, width), 0..1; None for all of it.
        strength: how far each pixel is painted, (1, 1, height, width), 0 (photograph) to 1 (full);
            None for full strength everywhere. The objective's: :meth:`compose` does not use it.
        visible: how much of each pixel of the content is visible, (1, 1, height, width), 0..1;
            None for all of it, or if nobody asks.
    """

    content: Tensor
    regions: Sequence[Region]
    mask: Tensor | None
    strength: Tensor | None = None
    visible: Tensor | None = None

    def to(self, device: torch.device) -> ScaleInputs:
        """Returns the same pictures on another device."""

        def there(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device)

        return ScaleInputs(
            self.content.to(device),
            [
                replace(
                    region,
                    style_images=[
                        replace(style, image=style.image.to(device), visible=there(style.visible))
                        for style in region.style_images
                    ],
                    mask=there(region.mask),
                )
                for region in self.regions
            ],
            there(self.mask),
            there(self.strength),
            there(self.visible),
        )

    def compose(self, image: Tensor) -> Tensor:
        """Returns what is seen of a painted picture: the content where nothing is painted."""
        return image if self.mask is None else torch.lerp(self.content, image, self.mask)


def inputs_at(
    scale: Scale,
    inputs: Inputs,
    settings: Settings,
    device: torch.device,
    *,
    is_large: bool = False,
) -> ScaleInputs:
    """Returns the pictures at a scale's size, on the device.

    Args:
        is_large: whether the content is looked at part by part, and may stay where it is.

    Raises:
        NstError: (bad-input) if the masks leave no position of the feature maps to paint.
    """
    exact = settings.is_rounded_alike
    content = _content(inputs.content, scale.content, device, exact=exact, is_large=is_large)
    deepest = _deepest(settings)
    groups = grouped(inputs.styles, scale.styles)
    regions = []
    for group, mask in zip(
        groups, region_masks(inputs, groups, scale.content, exact=exact), strict=True
    ):
        images = [
            _style_image(style, size, deepest, device, exact=exact) for style, size in group.styles
        ]
        if mask is None:
            regions.append(Region(images))
        elif is_seen(mask, deepest):
            regions.append(Region(images, mask.to(device), float(mask.mean())))
    if not regions:
        raise NstError(
            BAD_INPUT,
            Message("The masks leave nothing to paint, or too little for the network to see."),
            Message("Paint larger parts of them white."),
        )
    mask = painted_mask(inputs, scale.content, exact=exact)
    strength = None
    if inputs.strength_mask is not None:
        strength = resized(inputs.strength_mask, scale.content, exact=exact).to(device)
    visible = None
    if settings.style_loss == NEIGHBORS and strength_of(settings).kept:  # a subject is looked for
        visible = alpha_at(inputs.content.alpha, scale.content, exact=exact)
    mask, visible = (None if found is None else found.to(device) for found in (mask, visible))
    return ScaleInputs(content, regions, mask, strength, visible)


def is_painted_at(scale: Scale, inputs: Inputs, settings: Settings) -> bool:
    """Tells whether the network sees anything of what is to be painted at a scale.

    It does not see the last rows and columns, of which there are too few for a position of its
    deepest maps: of a coarse scale they are a tenth of the picture.
    """
    groups = grouped(inputs.styles, scale.styles)
    masks = region_masks(inputs, groups, scale.content, exact=settings.is_rounded_alike)
    return any(mask is None or is_seen(mask, _deepest(settings)) for mask in masks)


def _deepest(settings: Settings) -> int:
    """Returns the stride of the deepest maps that are compared."""
    deepest = max(map(stride, settings.style_layer_weights))
    return max(deepest, PLACE) if settings.style_loss == NEIGHBORS else deepest


def _content(
    picture: Picture, size: Size, device: torch.device, *, exact: bool, is_large: bool
) -> Tensor:
    if is_large and device.type == "cpu" and size == (picture.width, picture.height):
        return as_tensor(picture)
    return resize(to_tensor(picture), *size, exact=exact).to(device)


def _style_image(
    style: Style, size: Size, deepest: int, device: torch.device, *, exact: bool
) -> StyleImage:
    visible = alpha_at(style.picture.alpha, size, exact=exact)
    if visible is not None:
        visible = visible.to(device) if is_seen(visible, deepest) else None
    image = resize(to_tensor(style.picture), *size, exact=exact).to(device)
    return StyleImage(image, visible, style.weight)
