"""What both visits do with the sketch: they change settings one after the other, and look at it."""

from __future__ import annotations

from collections.abc import Callable

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import (  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402
    GdkPixbuf,
)

from tests.gimp.harness.atspi import find, place_of, wait  # noqa: E402
from tests.gimp.harness.desktop import Desktop  # noqa: E402
from tests.gimp.harness.dialog import Dialog  # noqa: E402
from tests.gimp.window import steps  # noqa: E402

# How much two pictures differ on average, 0 to 255: more than rounding.
_SEEN = 2.0
# A picture is taken for one and not for another if it is so many times nearer to it. A busy machine
# paints smaller sketches, so that two of the same settings are not the same picture.
_NEARER = 3
# Of the pictures that are compared, in pixels.
_SIDE = 48

Changes = dict[str, Callable[[], object]]


class ShownSketch:
    """The sketch in a dialog, as it is on the screen."""

    def __init__(self, dialog: Dialog) -> None:
        steps.sketch(dialog)
        # Looked for once: that takes longer than a small sketch.
        self._status = wait(
            lambda: find(dialog.window, "label", "Sketch of"), 120, "a finished sketch"
        )
        self._place = place_of(find(dialog.window, "icon", "Sketch"))

    def wait(self, is_wanted: Callable[[bytes], bool]) -> bytes:
        """Waits for a finished sketch of which that is true; returns its samples."""
        seen = b""

        def is_there() -> bool:
            nonlocal seen
            if not self._is_finished():
                return False
            seen = self._look()
            return is_wanted(seen) and self._is_finished()

        wait(is_there, 120, "a sketch that has followed")
        return seen

    def wait_for_another(self, last: bytes) -> bytes:
        """Waits for a finished sketch that looks different; returns its samples."""
        return self.wait(lambda seen: _difference(seen, last) > _SEEN)

    def _is_finished(self) -> bool:
        return bool(self._status.get_name().startswith("Sketch of"))

    def _look(self) -> bytes:
        shot = Desktop.get().screenshot("sketch.png", part=self._place)
        picture = GdkPixbuf.Pixbuf.new_from_file(str(shot))
        small = picture.scale_simple(_SIDE, _SIDE, GdkPixbuf.InterpType.BILINEAR)
        return bytes(small.get_pixels())


def tour(dialog: Dialog, changes: Changes) -> list[str]:
    """Changes one thing after the other; each time the sketch must become another one.

    Args:
        dialog: in which a sketch is painted.
        changes: by name, what changes the dialog.

    Returns:
        The names of the changes that were followed.
    """
    sketch = ShownSketch(dialog)
    picture = sketch.wait(bool)
    followed = []
    for name, change in changes.items():
        change()
        picture = sketch.wait_for_another(picture)
        followed.append(name)
    return followed


def tour_in_haste(dialog: Dialog) -> list[str]:
    """Changes the strength twice, so quickly that nobody wants the first sketch.

    The one that stays must be that of the second strength, which is painted before to compare.

    Returns:
        What was followed.
    """
    sketch = ShownSketch(dialog)
    picture = sketch.wait(bool)
    dialog.slider("Style strength", 0.1)
    weak = sketch.wait_for_another(picture)
    dialog.slider("Style strength", 1.0)
    strong = sketch.wait_for_another(weak)
    dialog.slider("Style strength", 0.6)
    dialog.slider("Style strength", 0.1)
    sketch.wait(lambda seen: _NEARER * _difference(seen, weak) < _difference(seen, strong))
    return ["strength", "strength, twice at once"]


def _difference(one: bytes, other: bytes) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
