"""What changes when a painting is painted once more. Standard library only."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from nst_contract.settings import SPECS, Settings
from nst_gimp.engine.forecasts import of_preset

IN_NORMAL, VARIANT, GO_ON = "in-normal", "variant", "go-on"
KINDS = (IN_NORMAL, VARIANT, GO_ON)
# Starts that no random number decides.
_CERTAIN = ("content", "recolored")


def settings_for(
    kind: str, settings: Mapping[str, Any], finest: int | None, is_builtin: bool
) -> dict[str, Any]:
    """Returns the settings with which a painting is painted once more.

    Args:
        kind: one of :data:`KINDS`: in the preset Normal; with other random numbers; or on from the
            picture as it is, at its finest scale alone, with as many evaluations again.
        settings: with which it was painted.
        finest: how many evaluations were planned at its finest scale, if that is known.
        is_builtin: whether its style is painted by the engine, which takes the seed for it.
    """
    if kind == GO_ON:
        evaluations = finest or settings["evaluations"]
        return {**settings, "start": "picture", "coarsest": 0, "evaluations": evaluations}
    changed = _from_the_beginning(settings)
    if kind == IN_NORMAL:
        return {**changed, **of_preset("normal", settings["style_loss"])}
    # From where a certain start leads, the seed alone hardly leads elsewhere.
    if changed["start"] in _CERTAIN and not is_builtin:
        changed["start"] = "style-noise"
    return {**changed, "seed": random.randint(1, int(SPECS["seed"].high))}  # noqa: S311


def _from_the_beginning(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings, but for those with which a painting went on from another one."""
    if settings["start"] != "picture" or settings["coarsest"]:
        return dict(settings)
    preset, loss = settings["preset"], settings["style_loss"]
    usual = Settings.from_preset(preset, style_loss=loss).as_dict()
    return {**settings, **{name: usual[name] for name in ("start", "coarsest", "evaluations")}}
