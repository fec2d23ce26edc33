"""Texts in the user's language. Standard library only."""

from __future__ import annotations

import gettext

from nst_gimp import PLUG_IN_FOLDER

# GIMP's convention: the catalogues of a plug-in lie in its own folder, under its own name.
DOMAIN = "neural-style"
FOLDER = PLUG_IN_FOLDER / "locale"

# Python's own gettext goes by the environment alone, which is where GIMP puts the language of
# its preferences; the C library's would also need that language's locale to be installed.
_ = gettext.translation(DOMAIN, FOLDER, fallback=True).gettext


def decimal(number: str) -> str:
    """Returns a number as it is written in the user's language: "0,5"."""
    # TRANSLATORS: the sign between whole numbers and their fractions, with a number around it.
    return number.replace(".", _("0.5").strip("05"))


def mark(text: str) -> str:
    """Marks a text to be translated where it is used."""
    return text
