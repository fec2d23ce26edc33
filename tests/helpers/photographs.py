"""Real photographs, out of the files that scikit-image ships."""

from __future__ import annotations

import importlib.resources

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from nst_core.pictures.picture import Picture

# An astronaut, from the waist up, who looks at us (NASA, public domain).
ASTRONAUT = "astronaut.png"
# A cup of coffee on a table (Rachel Michetti, public domain).
COFFEE = "coffee.png"
# A cat's face (Stefan van der Walt, public domain).
CAT = "chelsea.png"
# Tissue under the microscope, stained blue and brown (public domain): a strong style of its own.
TISSUE = "ihc.png"


def photograph(name: str, width: int, height: int) -> Picture:
    """Returns a shipped photograph, stretched to ``width`` x ``height``, in 8-bit steps."""
    file = importlib.resources.files("skimage") / "data" / name
    with importlib.resources.as_file(file) as path, Image.open(path) as image:
        small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    return Picture(np.asarray(small, np.float32) / np.float32(255), name=name)


def tensor(picture: Picture) -> Tensor:
    """Returns the colours as (1, 3, height, width)."""
    return torch.from_numpy(np.moveaxis(picture.rgb, 2, 0)[None].copy())


def as_saved(picture: Picture) -> Tensor:
    """Returns the colours as they lie in an 8-bit file, as (1, 3, height, width)."""
    return tensor(Picture(np.rint(picture.rgb.clip(0, 1) * 255) / np.float32(255)))


def as_bytes(picture: Picture) -> NDArray[np.uint8]:
    """Returns the colours as an 8-bit file has them, (height, width, 3)."""
    samples: NDArray[np.uint8] = np.rint(picture.rgb.clip(0, 1) * 255).astype(np.uint8)
    return samples
