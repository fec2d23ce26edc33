"""Finds sentences that a window says in English though another language is spoken."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

from tests.gimp.harness.atspi import text_of, walk
from tests.gimp.harness.dialog import Dialog

_FOLDER = Path(__file__).parents[3] / "gimp_plugin" / "locale"
_FIELD = re.compile(r"\{\w+(?:![rs])?(?::[^}]*)?\}")
# A template with fewer letters of its own would match anything.
_LEAST = 6


class Catalogue:
    """The plug-in's texts in one language; calling it translates one.

    Attributes:
        left: the English texts that were seen so far.
        seen: how many texts were looked at.
    """

    def __init__(self, language: str) -> None:
        with (_FOLDER / language / "LC_MESSAGES" / "neural-style.mo").open("rb") as file:
            self._texts = gettext.GNUTranslations(file)
        entries: dict[str, str] = vars(self._texts)["_catalog"]
        plain = {_shown(text): _shown(own) for text, own in entries.items() if text}
        # What is the same in both languages, and what means one thing here and another there.
        both = set(plain.values())
        self._english = [
            re.compile(_pattern(text), re.DOTALL)
            for text, own in plain.items()
            if text not in both and text != own and len(_FIELD.sub("", text)) >= _LEAST
        ]
        self.left: list[str] = []
        self.seen = 0

    def __call__(self, text: str) -> str:
        """Returns a text as a widget shows it."""
        return _shown(self._texts.gettext(text))

    def look_at(self, dialog: Dialog) -> None:
        """Reads every name, description and text in a window."""
        for widget, _depth in walk(dialog.window):
            texts = {widget.get_name(), widget.get_description()}
            if widget.get_role_name() == "text":
                texts.add(text_of(widget))
            for text in texts - {"", None}:
                self.read(str(text))

    def read(self, text: str) -> None:
        """Reads lines that were seen elsewhere."""
        for line in text.splitlines():
            self.seen += 1
            if any(english.fullmatch(line.strip()) for english in self._english):
                self.left.append(line)


def _shown(text: str) -> str:
    """Returns a text without the marks of its keys."""
    return re.sub(r"(\{.*?\})|_", lambda found: found[1] or "", text)


def _pattern(template: str) -> str:
    parts = map(re.escape, _FIELD.split(template))
    return ".+".join(parts)
