"""Sentences that know what they were made from, so that another language can say them, too.

The engine has words of its own in English alone, for its command line. To the plug-in it sends what
a sentence is made of: the template, by which a catalogue finds it, and the values in it.
"""

from __future__ import annotations

import string
from typing import Any

# Ends the name of what a text is made of, if it is a message.
_OF_MESSAGE = "_parts"
# The longest template, and the most values in one, that are read from a pipe.
_LONGEST, _MOST, _DEEPEST = 1000, 20, 4


def mark(template: str) -> str:
    """Marks a template for the catalogues that becomes a message elsewhere."""
    return template


class Message(str):
    """A sentence in English that can be taken apart again.

    Args:
        template: the sentence, with the names of its values in braces, as for ``str.format``.
        values: numbers, texts or messages; anything else counts as its text.

    Attributes:
        template, values: as given.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Message:
        kept = {
            name: value if isinstance(value, str | int | float | None) else str(value)
            for name, value in values.items()
        }
        message = super().__new__(cls, template.format(**values))
        message.template, message.values = template, kept
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Lets copies and pickles be made of the same parts."""
        return (self.template,), self.values

    def parts(self) -> dict[str, Any]:
        """Returns what :meth:`from_parts` reads, ready for JSON."""
        values = {
            name: value.parts() if isinstance(value, Message) else value
            for name, value in self.values.items()
        }
        return {"template": self.template, "values": values}

    @classmethod
    def from_parts(cls, parts: Any, deep: int = 0) -> Message | None:
        """Returns the message of these parts; None if they make none."""
        if not isinstance(parts, dict) or deep > _DEEPEST:
            return None
        template, given = parts.get("template"), parts.get("values")
        if not isinstance(template, str) or len(template) > _LONGEST:
            return None
        # Names alone: what comes over a pipe must not reach into objects.
        if not _has_plain_fields(template):
            return None
        if not isinstance(given, dict) or len(given) > _MOST:
            return None
        values = {
            name: cls.from_parts(value, deep + 1) if isinstance(value, dict) else value
            for name, value in given.items()
        }
        try:
            return cls(template, **values)
        except (LookupError, ValueError, TypeError, AttributeError):
            return None


def _has_plain_fields(template: str) -> bool:
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError:
        return False
    return all(map(str.isidentifier, fields))


def with_parts(values: dict[str, Any]) -> dict[str, Any]:
    """Returns values for JSON, with what each message in them is made of beside it."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found[name] = with_parts(value) if isinstance(value, dict) else value
        if isinstance(value, Message):
            found[f"{name}{_OF_MESSAGE}"] = value.parts()
    return found


def from_parts(values: dict[str, Any]) -> dict[str, Any]:
    """Returns values with the messages that their parts make; what makes none stays a text."""
    parts = {name: part for name, part in values.items() if name.endswith(_OF_MESSAGE)}
    found = {name: value for name, value in values.items() if name not in parts}
    for name, part in parts.items():
        message = Message.from_parts(part)
        if message is not None:
            found[name.removesuffix(_OF_MESSAGE)] = message
    return found
