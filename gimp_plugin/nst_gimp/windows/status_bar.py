"""Progress in GIMP's own status bar, or in nothing at all where GIMP has no window."""

from __future__ import annotations

from collections.abc import Callable

from gi.repository import Gimp

from nst_gimp.engine.run import EngineRun

# How long to wait for a word from the engine before looking around.
_TICK_SECONDS = 0.2


def follow(painting: EngineRun, check: Callable[[], None]) -> None:
    """Follows a run to its end.

    Args:
        painting: the run.
        check: is called several times a second; what it raises ends the run.
    """
    Gimp.progress_init(painting.what())
    while not painting.done:
        check()
        painting.follow(_TICK_SECONDS)
        # Talking to GIMP is also how a plug-in learns that GIMP is gone.
        Gimp.progress_set_text(f"{painting.where()}, {painting.left()}")
        Gimp.progress_update(painting.fraction)
    Gimp.progress_end()
