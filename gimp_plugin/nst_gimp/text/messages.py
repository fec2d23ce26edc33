"""What the engine says, in the user's language. Standard library only."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from nst_contract.errors import NstError
from nst_contract.messages import Message
from nst_contract.settings import SPECS
from nst_gimp.text.i18n import _, decimal


def translated(text: str) -> str:
    """Returns what a message says in the user's language; any other text as it is."""
    if not isinstance(text, Message):
        return text
    try:
        return _WORDS.vformat(_(text.template), (), text.values)
    except (LookupError, ValueError, TypeError):  # a catalogue of another version
        return str(text)


def in_own_words(error: NstError) -> NstError:
    """Returns an error with both of its texts :func:`translated`."""
    return NstError(error.code, translated(error.message), translated(error.advice))


class _Words(string.Formatter):
    """Fills in values as people here write them."""

    def get_field(
        self, field_name: str, _args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, str]:
        # Names alone: what comes over a pipe must not reach into objects.
        value = kwargs[field_name]
        if field_name == "setting" and value in SPECS:
            value = _(SPECS[value].label)
        return value, field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Message):
            return translated(value)
        text: str = super().format_field(value, format_spec)
        return decimal(text) if isinstance(value, float) else text


_WORDS = _Words()
