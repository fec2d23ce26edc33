"""Runs inside a GIMP of the tests: opens the dialog, changes settings, and looks at the sketch.

Arguments: the folder of plug-ins, "times" or "memory", how often, the size of the screen, a
photograph and a painting.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.gimp.harness.atspi import find, wait, walk
from tests.gimp.harness.desktop import Desktop
from tests.gimp.harness.dialog import Dialog
from tests.gimp.harness.gui import GimpGui, result
from tests.gimp.harness.processes import find as find_process
from tests.gimp.window import steps

# How long nothing is asked between two looks: the dialog itself has to answer.
_LOOK = 0.02
_PATIENCE = 120
# A sketch of which so much is done tells what the painting will be (looked at, of nine pairs).
_TELLING = 25
# After how many sketches memory is looked at.
_EVERY = 10


def main() -> None:
    plug_ins, what, count, screen, photograph, painting = sys.argv[1:]
    with GimpGui([photograph], [plug_ins], size=screen, frames=True) as gimp:
        # Out of the way, so that no tooltip covers what is to be seen.
        Desktop.get().click((0, int(screen.partition("x")[2]) - 2, 2, 2), button=9)
        visit = times if what == "times" else memory
        visit(gimp, int(count), Path(painting))


def times(gimp: GimpGui, repeats: int, painting: Path) -> None:
    """Opens the dialog, changes one thing after the other, and paints; several times."""
    found: dict[str, list[dict[str, float]]] = {}
    for repeat in range(repeats):
        for what, seconds in _times(gimp, painting, repeat):
            found.setdefault(what, []).append(seconds)
            result(found)


def _times(gimp: GimpGui, painting: Path, repeat: int) -> Any:
    began = time.monotonic()
    dialog = steps.open_dialog(gimp)
    seconds = {"window": time.monotonic() - began}
    if repeat == 0:
        # There is no style yet.
        dialog.choose_file("Add Pictures", painting)
        began = time.monotonic()
    sketch = Sketch(dialog)
    seconds |= sketch.follow(began)
    yield "the dialog is opened" if repeat else "the first style is chosen", seconds
    gimp.screenshot(f"opened-{repeat}.png")
    changes: dict[str, Callable[[], object]] = {
        "strength": lambda: dialog.slider("Style strength", 0.3),
        "stroke size": lambda: dialog.slider("Stroke size", 1),
        "colours": lambda: dialog.combo("Colours", "The photograph's, its lightness painted"),
        "a built-in style": lambda: dialog.select("Mosaic"),
        "strength again": lambda: dialog.slider("Style strength", 0.8),
        "in the middle of a sketch": lambda: _twice(dialog),
    }
    for what, change in changes.items():
        change()
        yield what, sketch.follow(time.monotonic())
        gimp.screenshot(f"{what}-{repeat}.png")
    # As before, for the next time.
    dialog.slider("Style strength", 0.5)
    dialog.slider("Stroke size", 0)
    dialog.combo("Colours", "The painting's")
    dialog.select(painting.name)
    time.sleep(1)
    began = time.monotonic()
    dialog.button("Paint")
    window = steps.progress_window(gimp)
    seconds = {"window": time.monotonic() - began}
    wait(lambda: window.can_press("Finish Now"), 300, "progress")
    yield "Paint in the middle of a sketch", seconds | {"progress": time.monotonic() - began}
    began = time.monotonic()
    steps.leave(lambda: window.button("Finish Now"))
    yield "Finish Now", {"no engine": time.monotonic() - began}
    gimp.wait_title(f"{repeat + 2} layers")


def _twice(dialog: Dialog) -> None:
    dialog.slider("Style strength", 0.2)
    time.sleep(0.7)
    dialog.slider("Style strength", 0.9)


class Sketch:
    """The sketch in a dialog, looked at as seldom as will do."""

    def __init__(self, dialog: Dialog) -> None:
        self._icon = wait(lambda: find(dialog.window, "icon", "Sketch"), _PATIENCE, "a sketch")
        widgets = [widget for widget, _depth in walk(dialog.window)]
        labels = [widget for widget in widgets if widget.get_role_name() == "label"]
        # The one below the sketch comes first, those beside the presets later.
        self._status = labels[0]
        starting = [label for label in labels if "engine" in label.get_name()]
        self._forecast = starting[-1] if starting else None

    def follow(self, began: float) -> dict[str, float]:
        """Waits for the sketch of a change; returns the seconds until there was what of it."""
        found: dict[str, float] = {}
        before = self._icon.get_description()
        while "finished" not in found:
            now = time.monotonic() - began
            if self._forecast is not None and "engine" not in self._forecast.get_name():
                found["engine"] = now
                self._forecast = None
            if self._status.get_name() == "Starting the sketch":
                found.setdefault("begun anew", now)
            done = self._icon.get_description()
            # The last sketch may have had the same words in the end.
            if done and (done != before or "first picture" in found):
                found.setdefault("first picture", now)
                if _percent(done) >= _TELLING:
                    found.setdefault("telling picture", now)
                if done.startswith("Sketch of"):
                    found["finished"] = now
            if now > _PATIENCE:
                raise TimeoutError(f"no sketch after {_PATIENCE} s, but {done!r}; {found}")
            time.sleep(_LOOK)
        found["size"] = float(done.split()[2])
        return found


def _percent(description: str) -> float:
    """Returns how much of a sketch is done, as is said of its picture."""
    if description.startswith("Sketch of"):
        return 100.0
    return float(description.partition(",")[2].strip(" %") or 0)


def memory(gimp: GimpGui, count: int, painting: Path) -> None:
    """Paints many sketches, each of another strength, and looks at the memory meanwhile."""
    dialog = steps.open_dialog(gimp)
    dialog.choose_file("Add Pictures", painting)
    sketch = Sketch(dialog)
    sketch.follow(time.monotonic())
    processes = {
        "plug-in": dialog.application().get_process_id(),
        "engine": find_process("nst_core worker")[0],
        "GIMP": gimp.pid,
    }
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in processes}
    for number in range(1, count + 1):
        if number > 1:
            dialog.slider("Style strength", 0.1 + 0.8 * (number % 40) / 40)
            sketch.follow(time.monotonic())
        if number == 1 or number % _EVERY == 0:
            for name, pid in processes.items():
                found[name].append((number, _resident_mib(pid)))
            result(found)


def _resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


main()
