"""Where the engine and what belongs to it lie on each platform. Only looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PRODUCT = "gimp-neural-style"


def default_prefix(home: Path, env: Mapping[str, str]) -> Path:
    """Returns the folder that the engine is installed into."""
    return xdg_folder(env, "XDG_DATA_HOME", home / ".local" / "share") / PRODUCT


def cache_folder(home: Path, env: Mapping[str, str]) -> Path:
    """Returns the folder for what can be recreated: the tests' environments."""
    return xdg_folder(env, "XDG_CACHE_HOME", home / ".cache") / PRODUCT


def weights_folders(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Returns where ``nst weights download`` may keep its downloads, following platformdirs."""
    bases = (
        xdg_folder(env, "XDG_DATA_HOME", home / ".local" / "share"),
        home / "Library" / "Application Support",
    )
    return [base / f"{PRODUCT}-weights" for base in bases]


def xdg_folder(env: Mapping[str, str], variable: str, default: Path) -> Path:
    """Returns the folder that an XDG variable names, or its default."""
    # The specification says to ignore relative paths.
    value = Path(env.get(variable, ""))
    return value if value.is_absolute() else default
