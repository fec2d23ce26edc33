"""What windows do again and again."""

from __future__ import annotations

from gi.repository import GLib
from nst_gimp.windows import widgets


def failing(times: int) -> int:
    """Lets something fail so often, and ends it; returns how often it was done."""
    loop, done = GLib.MainLoop(), 0

    def act() -> None:
        nonlocal done
        done += 1
        if done > times:
            loop.quit()
            return
        raise TypeError("a layer that is gone")

    timer = widgets.every(1, act)
    # Where it is not done any more, nothing would end the loop.
    limit = GLib.timeout_add_seconds(60, loop.quit)
    loop.run()
    for source in (timer, limit):
        GLib.source_remove(source)
    return done
