"""How large a sketch is: as large as this machine has lately painted in the time it may take."""

from __future__ import annotations

from collections.abc import Callable

# Long side, in pixels, and evaluations at the coarsest scale.
Choice = tuple[int, int]

# From the best to the quickest. On two cores the sixth takes about three seconds
# (docs/performance.md). What is smaller than the last tells nobody anything: there a slow machine
# takes longer.
CHOICES: tuple[Choice, ...] = (
    (384, 12), (320, 12), (256, 12), (256, 8), (224, 8), (192, 8), (160, 8),
)  # fmt: skip
# A sketch as large as the last one is begun sooner, so a smaller one must be needed and a larger
# one easy: in times of the seconds that a sketch may take.
_TOO_LONG, _EASY = 1.4, 0.8
# How much the last sketch counts against those before it.
_LATEST = 0.5


class SketchSize:
    """The size of sketches of one kind, which all may take about as long.

    The forecast's pace is measured once, when the machine may well be busy with something else;
    what counts in the end is how long the last sketches took.
    """

    def __init__(self) -> None:
        self._last: Choice | None = None
        # Time taken over time forecast; None before any was taken.
        self._slowness: float | None = None

    def choose(self, side: int, share: Callable[[Choice], float]) -> Choice:
        """Returns long side and evaluations of the next sketch.

        Args:
            side: the long side, in pixels, that is not to be exceeded.
            share: returns what a choice takes by the forecast, in times of what it may take.
        """
        choices = [choice for choice in CHOICES if choice[0] <= side] or [(side, CHOICES[-1][1])]

        def takes(choice: Choice) -> float:
            return share(choice) * (1.0 if self._slowness is None else self._slowness)

        last = self._last
        if last not in choices or takes(last) > _TOO_LONG:
            self._last = next((choice for choice in choices if takes(choice) <= 1), choices[-1])
        elif last != choices[0]:
            # One step at a time: each forecast takes some of the time to the first picture.
            larger = choices[choices.index(last) - 1]
            self._last = larger if takes(larger) <= _EASY else last
        return self._last or choices[-1]

    def learn(self, forecast: float, seconds: float) -> None:
        """Takes in how long a sketch took, and how long it should have."""
        latest = seconds / max(forecast, 0.1)
        if self._slowness is None:
            # The choice so far was made without knowing that.
            self._slowness, self._last = latest, None
        else:
            self._slowness += _LATEST * (latest - self._slowness)
