"""A run of GIMP with its window, at which several tests look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.gimp.bench import Bench
from tests.gimp.harness.locate import Gimp

SCRIPTS = Path(__file__).parent / "window"


def saved_scene(shared_gimp: Bench, pictures: Path, folder: Path) -> str:
    """Saves an image of a photograph with a layer mask above a painting; returns its path."""
    scene = str(folder / "scene.xcf")
    with shared_gimp.visit():
        shared_gimp.run("scenes.save_for_window", pictures=str(pictures), path=scene)
    return scene


class Visit:
    """A run of GIMP with its window: what was seen, and what is left of it."""

    def __init__(self, gimp: Gimp, folder: Path, script: str, *arguments: str) -> None:
        with Bench(gimp, folder) as bench:
            self._run = bench.run_gui(SCRIPTS / script, *arguments, shots=folder / "shots")
            self.log = bench.log()
            self.left_behind = bench.left_behind()

    def part(self, name: str) -> Any:
        """Returns what was seen in a part of it; if it did not get so far, why."""
        assert name in (self._run.value or {}), self._run.log
        return self._run.value[name]

    def check_end(self) -> None:
        """Makes sure that all went well to the end."""
        assert self._run.returncode == 0, self._run.log
