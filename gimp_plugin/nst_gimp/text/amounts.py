"""Times and amounts as people say them. Standard library only."""

from __future__ import annotations

from nst_contract.protocol.events import Ready
from nst_gimp.text.i18n import _, decimal

_GIB = 2**30


def duration(seconds: float) -> str:
    """Returns a time as people say it: "45 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return _("{seconds} s").format(seconds=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 90:
        return _("{minutes} min").format(minutes=minutes)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def forecast(plan: Ready) -> str:
    """Returns what a run will take and give: "about 2 min, 3.1 GiB, 1600 x 1067 px"."""
    finest = plan.plan[-1]
    return _("about {time}, {memory} GiB, {width} x {height} px").format(
        time=duration(plan.seconds),
        memory=decimal(f"{plan.needs / _GIB:.1f}"),
        width=finest["width"],
        height=finest["height"],
    )
