"""What GIMP knows of the plug-in's procedures."""

from __future__ import annotations

from typing import Any

from tests.gimp.harness.inside import Gimp
from tests.gimp.scripts.scenes import TRANSFER


def menu_label() -> str:
    """Returns what the menu entry says."""
    label: str = Gimp.get_pdb().lookup_procedure(TRANSFER).get_menu_label()
    return label


def place_and_arguments() -> dict[str, Any]:
    """Returns label and menus, and for each argument its range or choices, and its default."""
    procedure = Gimp.get_pdb().lookup_procedure(TRANSFER)
    arguments = {}
    for spec in procedure.get_arguments():
        limits = [spec.minimum, spec.maximum] if hasattr(spec, "minimum") else []
        if isinstance(spec, Gimp.ParamChoice):
            limits = list(Gimp.param_spec_choice_get_choice(spec).list_nicks())
        arguments[spec.name] = [limits, str(spec.get_default_value())]
    flags = Gimp.ProcedureSensitivityMask
    active = procedure.get_sensitivity_mask()
    return {
        "active": [
            bool(active & flag) for flag in (flags.DRAWABLE, flags.DRAWABLES, flags.NO_DRAWABLES)
        ],
        "label": procedure.get_menu_label(),
        "menus": procedure.get_menu_paths(),
        "arguments": arguments,
    }


def check() -> dict[str, Any]:
    """Lets the installation be checked."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-check")
    answer = procedure.run(procedure.create_config())
    return {
        "status": answer.index(0).value_nick,
        "report": answer.index(1),
        "is well": answer.index(2),
    }
