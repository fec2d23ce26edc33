"""What an installation is going to do, as data: announced first, then carried out (or not)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class InstallStep:
    """One thing to do, and how to announce it."""

    text: str
    do: Callable[[], object]


@dataclass
class InstallPlan:
    """The whole plan, filled in by the modules that know each part.

    Attributes:
        notes: what the user should know first.
        engine: steps that leave the environment they work on unusable if they are interrupted.
        replaces: whether that is a new environment, which takes the place of one that works.
        rest: steps that are each done completely or not at all.
        plugins: where the plug-in will be.
        download_mb, room_mb: roughly how much is downloaded, and how much room it takes.
    """

    notes: list[str] = field(default_factory=list)
    engine: list[InstallStep] = field(default_factory=list)
    replaces: bool = False
    rest: list[InstallStep] = field(default_factory=list)
    plugins: list[Path] = field(default_factory=list)
    download_mb: int = 0
    room_mb: int = 0
