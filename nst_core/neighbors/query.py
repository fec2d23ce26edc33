"""The picture that is matched: what the painting is to show, as far as it is known."""

from __future__ import annotations

import torch
from torch import Tensor

from nst_core.pictures.picture import resize


def query(content: Tensor, so_far: Tensor | None, photograph: float) -> Tensor:
    """Returns the picture whose places choose from the painting's at a scale.

    The picture so far says which strokes are there already, so that finer ones go with them; it
    lacks the photograph's finest detail, which is added.

    Args:
        content: (1, 3, height, width), R'G'B', 0..1, at this scale.
        so_far: what the coarser scale has painted, brought to this size; None: nothing is painted.
        photograph: how much the content counts beside what is so far, 0..1 (alpha of Kolkin et
            al. 2022).
    """
    if so_far is None:
        return content
    height, width = content.shape[2:]
    half = resize(content, max(1, width // 2), max(1, height // 2), exact=True)
    detail = content - resize(half, width, height, exact=True)
    return torch.lerp(so_far + detail, content, photograph)
