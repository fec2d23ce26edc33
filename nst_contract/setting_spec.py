"""What is known of a setting besides its value: what it may be, and how people read it."""

from __future__ import annotations

import contextlib
import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.messages import Message

# What torch reads, too: it takes neither 01 nor other scripts' digits.
_NUMBER = re.compile("0|[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Choice:
    """The value of a setting that has choices, taken apart.

    Attributes:
        word: the choice; in front of a file, the word before it, or "" if the file stands alone.
        number: what follows the word, as in "cuda:1"; otherwise None.
        file: the file that was named, with "~" expanded; otherwise None.
    """

    word: str
    number: int | None = None
    file: Path | None = None

    def __str__(self) -> str:
        """Returns the value as it is written."""
        rest = self.number if self.file is None else self.file
        return ":".join(str(part) for part in (self.word, rest) if part not in ("", None))

    def without_folder(self) -> Choice:
        """Returns the same with any file reduced to its name, as others may know it."""
        return self if self.file is None else replace(self, file=Path(self.file.name))


@dataclass(frozen=True)
class Spec:
    """What people and programs must know of one setting.

    Whoever asks for a value, checks one or explains one goes by these fields: the command line's
    options and their help, the dialog's widgets, the arguments of GIMP's procedure.

    Attributes:
        label: its name in a dialog.
        help: one or two sentences, for ``--help`` and for tooltips.
        low, high: the allowed range of a number, both ends included.
        choices: the words to choose from.
        numbered: the choices that a number may follow, as in "cuda:1".
        files: what a file may follow, as in "mini-vgg16:FILE"; "" where it may stand alone.
        is_layers: whether it names layers of the network, as in "relu3_1,relu4_1:0.5".
    """

    label: str
    help: str
    low: float = 0
    high: float = math.inf
    choices: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    is_layers: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether its choices are all there is: a list can offer them, and nothing is typed."""
        return bool(self.choices) and not self.numbered and not self.files

    @property
    def notations(self) -> tuple[str, ...]:
        """How its values are written: each choice, then the forms with a number or a file."""
        if self.is_layers:
            return ("LAYERS",)
        numbered = (f"{word}:N" for word in self.numbered)
        return *self.choices, *numbered, *(f"{_before_file(word)}FILE" for word in self.files)

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Values to offer where one that is not closed is typed."""
        return *self.choices, *(f"{word}:1" for word in self.numbered)

    @property
    def file_prefix(self) -> str | None:
        """What to write before the path of a chosen file; None if it takes no file."""
        return _before_file(self.files[0]) if self.files else None

    def parse(self, name: str, value: Any) -> Choice:
        """Takes a value apart.

        Args:
            name: of the setting, for the message.
            value: one of the choices, or a form that :attr:`notations` shows.

        Raises:
            NstError: (bad-setting) if it is neither.
        """
        if isinstance(value, str):
            if value in self.choices:
                return Choice(value)
            word, colon, rest = value.partition(":")
            if word in self.numbered and _NUMBER.fullmatch(rest):
                return Choice(word, number=int(rest))
            if colon and word in self.files and rest:
                return Choice(word, file=_path(rest))
            if "" in self.files:
                return Choice("", file=_path(value))
        raise NstError(
            BAD_SETTING,
            Message(
                "{setting} is {value!r}, which is not one of its choices.",
                setting=name,
                value=value,
            ),
            Message("Choose one of {choices}.", choices=", ".join(self.notations)),
        )


def _before_file(word: str) -> str:
    return f"{word}:" if word else ""


def _path(text: str) -> Path:
    with contextlib.suppress(RuntimeError):  # there is no such user
        return Path(text).expanduser()
    return Path(text)


def setting(default: Any, label: str, help_text: str, **limits: Any) -> Any:
    """Returns a dataclass field whose metadata hold its :class:`Spec`."""
    return specified(default, Spec(label, help_text, **limits))


def specified(default: Any, spec: Spec) -> Any:
    """Returns a dataclass field that an existing :class:`Spec` describes."""
    return field(default=default, metadata={"spec": spec})


def check(name: str, spec: Spec, default: object, value: Any) -> None:
    """Makes sure that a value has the type of the setting's default and lies in its range.

    What layers it names is checked where the network is known.

    Raises:
        NstError: (bad-setting) if not.
    """
    if spec.choices:
        spec.parse(name, value)
    elif isinstance(default, bool):
        if not isinstance(value, bool):
            raise NstError(
                BAD_SETTING,
                Message("{setting} is {value!r}.", setting=name, value=value),
                Message("Give true or false."),
            )
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise NstError(
                BAD_SETTING,
                Message("{setting} is {value!r}.", setting=name, value=value),
                Message("Give a text."),
            )
    else:
        _check_number(name, spec, isinstance(default, int), value)


def _check_number(name: str, spec: Spec, whole: bool, value: Any) -> None:
    # bool is an int to Python, but never a number to a user; NaN fails every comparison.
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise NstError(
            BAD_SETTING,
            Message("{setting} is {value!r}.", setting=name, value=value),
            Message("Give a whole number.") if whole else Message("Give a number."),
        )
    if not spec.low <= value <= spec.high:
        raise NstError(
            BAD_SETTING,
            Message("{setting} is {value}, which is out of range.", setting=name, value=value),
            Message("Choose a value from {low:g} to {high:g}.", low=spec.low, high=spec.high),
        )
