"""Where the engine and what belongs to it lie, as far as nobody has chosen otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PRODUCT = "gimp-neural-style"
# Paths end at 260 characters as a rule, and the longest below the engine has 202. So its folder has
# a short name, apart from logs and jobs.
_ENGINE = "neural-style"


def engine(home: Path, env: Mapping[str, str]) -> Path:
    """Returns the folder that the engine is installed into.

    Args:
        home: the user's profile.
        env: environment variables.
    """
    return local(home, env) / _ENGINE


def cache(home: Path, env: Mapping[str, str]) -> Path:
    """Returns the folder for what can be recreated: the tests' environments."""
    return local(home, env) / PRODUCT / "Tests"


def weights(home: Path, env: Mapping[str, str]) -> list[Path]:
    """Returns where ``nst weights download`` may keep its downloads, following platformdirs."""
    return [local(home, env) / f"{PRODUCT}-weights"]


def jobs(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where jobs keep their pixels while they run."""
    return local(home, env) / PRODUCT / "Jobs"


def logs(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where the logs of plug-in and engine lie, following platformdirs."""
    return local(home, env) / PRODUCT / "Logs"


def saved(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where what the user keeps lies: beside the engine, which comes and goes."""
    return local(home, env) / f"{PRODUCT}-user"


def roaming(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where programs keep what follows the user to other machines."""
    return Path(env.get("APPDATA") or home / "AppData" / "Roaming")


def local(home: Path, env: Mapping[str, str]) -> Path:
    """Returns where programs keep what stays on this machine."""
    return Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local")
