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
            start = resize(to_tensor(inputs.start), width, height, exact=exact).to(content.device)
            visible = alpha_at(inputs.start.alpha, (width, height), exact=exact)
            if visible is None:
                return start
            # What is transparent, as most of a layer with a sketch on it, says nothing.
            usual = recolor_regions(content, scale_inputs.regions)
            return torch.lerp(usual, start, visible.to(content.device))
        case _:
            return content.clone(memory_format=torch.contiguous_format)


def _noise(like: Tensor, seed: int) -> Tensor:
    # From the CPU's generator, so that every device starts from the same picture.
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(like.shape, generator=generator).to(like.device)
