"""Which of two layers is the photograph, where the user may have selected the painting."""

from __future__ import annotations

from typing import Any

from nst_gimp.arguments import layer_records
from nst_gimp.image import style_choices


def looks_swapped(config: Any, content: Any) -> bool:
    """Tells whether the painting seems to be selected, rather than the photograph.

    That is what File > Open as Layers leaves behind: the layer that was opened last lies above the
    other one, and is selected. The image keeps the name of the one that it was opened with.
    """
    style = style_choices.chosen(config)
    image = content.get_image()
    layers = image.get_layers()
    if len(layers) != 2 or layers[0].get_id() != content.get_id() or style is None:
        return False
    below = layers[1]
    if style.layer is None or style.layer.get_id() != below.get_id():
        return False
    files = image.get_imported_file(), image.get_file()
    is_own = any(file and file.get_basename() == content.get_name() for file in files)
    is_ours = layer_records.read(content) is not None or layer_records.read(below) is not None
    return content.get_id() > below.get_id() and not is_own and not is_ours
