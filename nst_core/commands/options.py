"""Options that several commands have."""

from __future__ import annotations

import argparse
from typing import Any

from nst_core.settings import PRESETS, SPECS, Settings


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds the option that makes a command speak to programs."""
    parser.add_argument("--json", action="store_true", help="print the events as JSON lines")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds an option for each setting. None is the value of those that are not given."""
    parser.epilog = "Presets: " + "; ".join(
        f"{name}: {preset.description}" for name, preset in PRESETS.items()
    )
    defaults = Settings()
    for name, spec in SPECS.items():
        default = getattr(defaults, name)
        option: dict[str, Any] = {"dest": name, "default": None}
        if isinstance(default, bool):
            option["action"] = argparse.BooleanOptionalAction
        else:
            # Choices are checked with everything else, so that all errors read alike.
            option["type"] = type(default)
            option["metavar"] = "|".join(spec.choices) or {int: "N", float: "X"}.get(
                type(default), spec.metavar
            )
        text = f"{spec.help} (default: {default})".replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", help=text, **option)


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Returns the settings that were given as options."""
    return {name: getattr(options, name) for name in SPECS if getattr(options, name) is not None}
