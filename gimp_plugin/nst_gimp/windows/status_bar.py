"""Progress in GIMP's own status bar, or in nothing at all where GIMP has no window."""

from __future__ import annotations

from collections.abc import Callable

from gi.repository import Gimp

from nst_gimp.engine.run import EngineRun

# How long to wait for a word from the engine before looking around.
_TICK_SECONDS = 0.2


def follow(run: EngineRun, check: Callable[[], None]) -> None:
    """Follows a run to its end.

    Args:
        run: what is shown.
        check: is called several times a second; what it raises ends the run.
    """
    Gimp.progress_init(run.title())
    while not run.done:
        check()
        run.follow(_TICK_SECONDS)
        # Talking to GIMP is also how a plug-in learns that GIMP is gone.
        Gimp.progress_set_text(f"{run.position()}, {run.time_left()}")
        Gimp.progress_update(run.fraction)
    Gimp.progress_end()
