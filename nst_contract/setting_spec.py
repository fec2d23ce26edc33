"""What is known of a setting beside its value, and whether a value will do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from nst_contract.errors import BAD_SETTING, NstError


@dataclass(frozen=True)
class Spec:
    """What people and programs must know of one setting.

    Attributes:
        label: its name in a dialog.
        help: one or two sentences, for ``--help`` and for tooltips.
        low, high: the allowed range of a number, both ends included.
        choices: the allowed words of a choice. A text without them is free.
        numbered: the choices that a number may follow, as in "cuda:1".
        metavar: what stands for a free text in ``--help``.
    """

    label: str
    help: str
    low: float = 0
    high: float = math.inf
    choices: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    metavar: str = "TEXT"


def setting(default: Any, label: str, help_text: str, **limits: Any) -> Any:
    """Returns a dataclass field whose metadata hold its :class:`Spec`."""
    return field(default=default, metadata={"spec": Spec(label, help_text, **limits)})


def check(name: str, spec: Spec, default: object, value: Any) -> None:
    """Makes sure that a value has the type of the setting's default and lies in its range.

    Raises:
        NstError: (bad-setting) if not.
    """
    if spec.choices:
        _check_choice(name, spec, value)
    elif isinstance(default, bool):
        if not isinstance(value, bool):
            raise NstError(BAD_SETTING, f"{name} is {value!r}.", "Give true or false.")
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise NstError(BAD_SETTING, f"{name} is {value!r}.", "Give a text.")
    else:
        _check_number(name, spec, isinstance(default, int), value)


def _check_choice(name: str, spec: Spec, value: Any) -> None:
    if not _is_choice(spec, value):
        raise NstError(
            BAD_SETTING,
            f"{name} is {value!r}, which is not one of its choices.",
            f"Choose one of {', '.join(spec.choices)}.",
        )


def _is_choice(spec: Spec, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    word, colon, number = value.partition(":")
    if colon:
        return word in spec.numbered and number.isdecimal()
    return value in spec.choices


def _check_number(name: str, spec: Spec, whole: bool, value: Any) -> None:
    # bool is an int to Python, but never a number to a user; NaN fails every comparison.
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "a whole number" if whole else "a number"
        raise NstError(BAD_SETTING, f"{name} is {value!r}.", f"Give {kind}.")
    if not spec.low <= value <= spec.high:
        raise NstError(
            BAD_SETTING,
            f"{name} is {value}, which is out of range.",
            f"Choose a value from {spec.low:g} to {spec.high:g}.",
        )
