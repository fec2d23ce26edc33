"""The picture that painting starts from."""

from __future__ import annotations

import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.colors.recolor import recolor_regions
from nst_core.masks.sharing import alpha_at
from nst_core.pictures.inputs import Inputs
from nst_core.pictures.picture import resize, to_tensor
from nst_core.scales.scale_inputs import ScaleInputs


def first_picture(scale_inputs: ScaleInputs, inputs: Inputs, settings: Settings) -> Tensor:
    """Returns the picture that the coarsest scale starts from, in the content's shape.

    Noise depends only on the seed and the size.
    """
    content = scale_inputs.content
    match settings.start:
        case "recolored":
            return recolor_regions(content, scale_inputs.regions)
        case "noise":
            return _noise(content, settings.seed)
        case "style-noise":
            return recolor_regions(_noise(content, settings.seed), scale_inputs.regions)
        case "picture":
            assert inputs.start is not None  # noqa: S101 (checked before the run)
            height, width = content.shape[2:]
            exact = settings.is_rounded_alike
            start = resize(to_tensor(inputs.start), width, height, exact=exact)
            return start.to(content.device)
        case _:
            return content.clone(memory_format=torch.contiguous_format)


def visible_part(inputs: Inputs, like: Tensor, *, exact: bool) -> Tensor | None:
    """Returns how much of each pixel of the start picture is visible, as far as the content is.

    What is transparent, as most of a layer with a sketch on it, says nothing. But a painting has
    the transparency of its content, and is all there.

    Args:
        inputs: the pictures; there is one to start from.
        like: the content at the scale.
        exact: as for :func:`nst_core.pictures.picture.resize`.

    Returns:
        (1, 1, height, width), 0..1; None if all of it is visible.
    """
    assert inputs.start is not None  # noqa: S101 (checked before the run)
    size = like.shape[3], like.shape[2]
    seen = alpha_at(inputs.start.alpha, size, exact=exact)
    if seen is None:
        return None
    most = alpha_at(inputs.content.alpha, size, exact=exact)
    if most is not None:
        seen = torch.where(most > 0, seen / most, torch.ones_like(seen)).clamp(max=1)
    return seen.to(like)


def _noise(like: Tensor, seed: int) -> Tensor:
    # From the CPU's generator, so that every device starts from the same picture.
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(like.shape, generator=generator).to(like.device)
