"""Layer masks and selections: where a painting is seen."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gi.repository import Gimp

from nst_gimp.image import pixels
from nst_gimp.image.pixels import Area, PixelFormat

# How masks and selections hold their samples, by the precision of the image: converting them is
# less than exact. A float is, for what Python's arrays do not know.
_FORMS = {
    "u8": ("Y u8", "B"),
    "u16": ("Y u16", "H"),
    "u32": ("Y u32", "I"),
    "half": ("Y float", "f"),
    "float": ("Y float", "f"),
    "double": ("Y double", "d"),
}


@dataclass(frozen=True)
class Mask:
    """A layer mask that is yet to be made.

    Attributes:
        path: the file of its samples.
        form: what they look like there.
        is_applied: whether it hides anything; otherwise it only comes along.
        is_selected: whether it hides what was not selected.
    """

    path: Path
    form: PixelFormat
    is_applied: bool
    is_selected: bool

    def add(self, layer: Any) -> None:
        """Becomes the mask of a layer of its size.

        Raises:
            OSError: if the file is too short.
        """
        mask = layer.create_mask(Gimp.AddMaskType.BLACK)
        pixels.fill(mask, self.path, self.form)
        layer.add_mask(mask)
        layer.set_apply_mask(self.is_applied)
        # What the user does next is meant for the painting.
        layer.set_edit_mask(False)


def read(content: Any, area: Area, folder: Path) -> Mask | None:
    """Writes into a file where the painting of a layer is to be seen, as things are now.

    It is seen where the layer itself is, and of that what is selected: its mask is the layer's
    mask times the selection. A layer mask that is switched off hides nothing: it comes along
    switched off, or gives way to a selection.

    Args:
        content, area: the layer, and the part of it that is painted.
        folder: for the file.

    Returns:
        None if there is neither a layer mask nor a selection.

    Raises:
        OSError: if the disk is full.
    """
    image, own = content.get_image(), content.get_mask()
    is_selected = not Gimp.Selection.is_empty(image)
    is_masked = own is not None and content.get_apply_mask()
    name, kind = _FORMS[image.get_precision().value_nick.partition("-")[0]]
    form = PixelFormat(name, array(kind).itemsize)
    sources = []
    if is_masked or (own is not None and not is_selected):
        sources.append(pixels.strips(own, area, form))
    if is_selected:
        _, x, y = content.get_offsets()
        in_image = replace(area, x=area.x + x, y=area.y + y)
        sources.append(pixels.strips(image.get_selection(), in_image, form))
    if not sources:
        return None
    mask = Mask(folder / "layer-mask.raw", form, is_masked or is_selected, is_selected)
    with mask.path.open("wb") as out:
        for strips in zip(*sources, strict=True):
            out.write(strips[0] if len(strips) == 1 else _product(kind, *strips))
    return mask


def _product(kind: str, one: bytes, other: bytes) -> array[Any]:
    """Returns the product of samples of a type; the largest integer means 1."""
    pairs = zip(array(kind, one), array(kind, other), strict=True)
    if kind in "fd":
        return array(kind, (a * b for a, b in pairs))
    one_half = (top := 2 ** (8 * array(kind).itemsize) - 1) // 2
    return array(kind, ((a * b + one_half) // top for a, b in pairs))
