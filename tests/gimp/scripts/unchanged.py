"""What the plug-in does with a layer, without an engine in between: as with zero evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_gimp.image import content_choice, layers, masks


def paint(content: Any, folder: str) -> Any:
    """Puts a layer's own pixels above it, as if they had been painted; returns that layer.

    Args:
        content: the layer.
        folder: for the pixels.
    """
    image, pixels = content.get_image(), Path(folder)
    # Whoever has just painted a mask has selected that: it stands for its layer.
    for selected in filter(None, (content, content.get_mask())):
        found = content_choice.content_layer(image, [selected])
        if found.get_id() != content.get_id():
            raise RuntimeError(f"{selected.get_name()} stands for {found.get_name()}")
    area = layers.area_to_paint(content)
    mask = masks.read(content, area, pixels)
    raster = layers.read(content, pixels, "content.raw", area)
    return layers.insert_above(content, area, pixels, raster, "painting", mask)
