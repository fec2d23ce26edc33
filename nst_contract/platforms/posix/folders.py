"""Where the engine and what belongs to it lie, as far as nobody has chosen otherwise."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

PRODUCT = "gimp-neural-style"
_ON_MAC = sys.platform == "darwin"


def engine(home: Path, env: Mapping[str, str]) -> Path:
    """Returns the folder that the engine is installed into.

    Args:
        home: the user's home folder.
        env: environment variables.
    """
    return xdg(env, "XDG_DATA_HOME", home / ".local" / "share") / PRODUCT


def cache(home: Path, env: Mapping[str, str]) -> Path:
    """Returns the folder for what can be recreated: the tests' environments."""
    return xdg(env, "XDG_CACHE_HOME", home / ".cache") / PRODUCT


def weights(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Returns where ``nst weights download`` may keep its downloads, following platformdirs."""
    bases = (
        xdg(env, "XDG_DATA_HOME", home / ".local" / "share"),
        home / "Library" / "Application Support",
    )
    return [base / f"{PRODUCT}-weights" for base in bases]


def jobs(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where jobs keep their pixels while they run."""
    if _ON_MAC:
        return home / "Library" / "Caches" / PRODUCT
    return cache(home, env)


def logs(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where the logs of plug-in and engine lie, following platformdirs."""
    if _ON_MAC:
        return home / "Library" / "Logs" / PRODUCT
    return xdg(env, "XDG_STATE_HOME", home / ".local" / "state") / PRODUCT / "log"


def saved(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where what the user keeps lies: beside the engine, which comes and goes."""
    if _ON_MAC:
        base = home / "Library" / "Application Support"
    else:
        base = xdg(env, "XDG_DATA_HOME", home / ".local" / "share")
    return base / f"{PRODUCT}-user"


def xdg(env: Mapping[str, str], variable: str, default: Path) -> Path:
    """Returns the folder that an XDG variable names, or its default."""
    # The specification says to ignore relative paths.
    value = Path(env.get(variable, ""))
    return value if value.is_absolute() else default
