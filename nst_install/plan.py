"""What an installation is going to do, as data: announced first, then done (or not)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class InstallStep:
    """One thing to do, and the words for it."""

    text: str
    do: Callable[[], object]


@dataclass
class InstallPlan:
    """Filled by the modules that know each part.

    Attributes:
        notes: what the user should know first.
        engine: steps that leave the environment unusable when they are cut off.
        rest: steps that are each done wholly or not at all.
        download_mb, room_mb: about how much is fetched, and how much room it takes.
    """

    notes: list[str] = field(default_factory=list)
    engine: list[InstallStep] = field(default_factory=list)
    rest: list[InstallStep] = field(default_factory=list)
    download_mb: int = 0
    room_mb: int = 0
