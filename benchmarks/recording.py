"""What a painting process records about its run, and hands over in a file afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# (height, width, 3), red first, as in an 8-bit file.
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Recording:
    """A run of one engine.

    Attributes:
        steps: numbers of its steps, ascending.
        seconds: from the spawn of the process to the moment when each step's picture existed.
        reported: the loss that the engine's optimiser reported at each step, in its own units.
        pictures: by step, as they would be saved after it.
        ended: seconds from the spawn until the engine handed over its result.
        precision: of the network's feature maps.
    """

    steps: list[int]
    seconds: Floats
    reported: Floats
    pictures: dict[int, Pixels]
    ended: float
    precision: str

    def save(self, file: Path) -> None:
        np.savez(
            file,
            steps=self.steps,
            seconds=self.seconds,
            reported=self.reported,
            marks=list(self.pictures),
            pictures=np.stack(list(self.pictures.values())),
            ended=self.ended,
            precision=self.precision,
        )

    @classmethod
    def load(cls, file: Path) -> Recording:
        with np.load(file) as saved:
            marks = saved["marks"].tolist()
            return cls(
                steps=saved["steps"].tolist(),
                seconds=saved["seconds"],
                reported=saved["reported"],
                pictures=dict(zip(marks, saved["pictures"], strict=True)),
                ended=float(saved["ended"]),
                precision=str(saved["precision"]),
            )


class Recorder:
    """Records the time of every step, and the picture of some.

    Args:
        spawned: when the process was spawned, by ``time.time()``.
        marks: steps whose picture is kept, in memory, because writing it would take up run time.
    """

    def __init__(self, spawned: float, marks: Collection[int]) -> None:
        self._spawned = spawned
        self._marks = marks
        self._steps: list[int] = []
        self._seconds: list[float] = []
        self._reported: list[float] = []
        self._pictures: dict[int, Pixels] = {}

    def note(self, step: int, reported: float, picture: Callable[[], Pixels]) -> None:
        """Records a step whose picture now exists."""
        self._seconds.append(time.time() - self._spawned)
        self._steps.append(step)
        self._reported.append(reported)
        if step in self._marks:
            self._pictures[step] = picture()

    def end(self, picture: Pixels, precision: str) -> Recording:
        """Returns the recording of a run that ended with ``picture``."""
        ended = time.time() - self._spawned
        self._pictures[self._steps[-1]] = picture
        return Recording(
            self._steps,
            np.array(self._seconds),
            np.array(self._reported),
            self._pictures,
            ended,
            precision,
        )


def marks(steps: int) -> list[int]:
    """Returns the steps whose pictures are judged: dense at the start, where losses fall fast."""
    return sorted({step for step in range(1, steps + 1) if step <= 10 or step % 5 == 0} | {steps})
