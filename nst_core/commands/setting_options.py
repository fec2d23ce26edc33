"""Options that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from nst_contract.setting_spec import Spec
from nst_contract.settings import OTHER_KIND_VALUES, PRESETS, Settings


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds the option that makes a command speak to programs."""
    parser.add_argument("--json", action="store_true", help="print the events as JSON lines")


def add_settings(parser: argparse.ArgumentParser, kind: type[Any] = Settings) -> None:
    """Adds an option for each setting. None is the value of those that are not given.

    Args:
        kind: the dataclass of settings.
    """
    if kind is Settings:
        parser.epilog = "Presets: " + "; ".join(
            f"{name}: {preset.description}" for name, preset in PRESETS.items()
        )
        parser.epilog += (
            ". With --style-loss gram, moments or wasserstein, draft, normal and fine take other "
            "values, and so does gatys with neighbors: "
        )
        parser.epilog += "; ".join(
            f"{name}: {_as_options(values)}" for name, values in OTHER_KIND_VALUES.items()
        )
    for name, (default, spec) in _settings(kind).items():
        option: dict[str, Any] = {"dest": name, "default": None}
        if isinstance(default, bool):
            option["action"] = argparse.BooleanOptionalAction
        else:
            # Choices are checked with everything else, so that all errors read alike.
            option["type"] = type(default)
            number = {int: "N", float: "X"}.get(type(default))
            option["metavar"] = number or "|".join(spec.notations)
        text = f"{spec.help} (default: {default})".replace("%", "%%")
        parser.add_argument(_option(name), help=text, **option)


def given_settings(options: argparse.Namespace, kind: type[Any] = Settings) -> dict[str, Any]:
    """Returns the settings that were given as options."""
    values = {name: getattr(options, name) for name in _settings(kind)}
    return {name: value for name, value in values.items() if value is not None}


def _settings(kind: type[Any]) -> dict[str, tuple[Any, Spec]]:
    """Returns default and specification of each setting."""
    return {field.name: (field.default, field.metadata["spec"]) for field in fields(kind)}


def _as_options(values: Mapping[str, Any]) -> str:
    return " ".join(f"{_option(name)} {value}" for name, value in values.items())


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
