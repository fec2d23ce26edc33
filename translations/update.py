"""Brings the catalogues of texts up to date with the sources, and compiles them.

Run with the tests' Python, then translate what is empty or marked as fuzzy in the .po files and
run it again:

    python translations/update.py
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from babel.messages.catalog import Catalog, Message  # noqa: E402
from babel.messages.extract import extract_from_dir  # noqa: E402
from babel.messages.mofile import write_mo  # noqa: E402
from babel.messages.pofile import read_po, write_po  # noqa: E402

from nst_contract.builtin_style_names import PALETTES, STYLES  # noqa: E402
from nst_contract.settings import PRESETS, SPECS  # noqa: E402

SOURCES = REPOSITORY / "gimp_plugin" / "nst_gimp"
# What the engine sends to the plug-in is made of messages (nst_contract.messages).
OF_ENGINE = ("nst_contract", "nst_core", "nst_install")
CATALOGUES = REPOSITORY / "translations"
DOMAIN = "neural-style"
# A catalogue without changes stays the same file.
_ALWAYS = datetime(2026, 1, 1, tzinfo=timezone.utc)
# Nor do they change with the version of the package that writes them.
_GENERATED_BY = "Generated-By: "
_GENERATOR = re.compile(rb'"Generated-By: [^"]*"\n')


def main() -> None:
    for path in sorted(CATALOGUES.glob("*.po")):
        catalogue = read(path)
        catalogue.update(template())
        catalogue.obsolete.clear()
        catalogue.creation_date = _ALWAYS
        text = io.BytesIO()
        write_po(text, catalogue, width=100, sort_by_file=True, include_lineno=False)
        path.write_bytes(_GENERATOR.sub(b"", text.getvalue()))
        compiled = compiled_path(path)
        compiled.parent.mkdir(parents=True, exist_ok=True)
        compiled.write_bytes(compile_catalogue(catalogue))


def template() -> Catalog:
    """Returns all texts of the dialog: those of the plug-in, and what it takes of the engine."""
    found = Catalog(project="Neural Style for GIMP", charset="utf-8")
    for text, place in _texts():
        found.add(text, locations=[(place, 0)])
    return found


def read(path: Path) -> Catalog:
    """Returns a catalogue; its language is the file's name."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, domain=DOMAIN)


def compiled_path(path: Path) -> Path:
    """Returns where GIMP expects the compiled form of a catalogue."""
    folder = REPOSITORY / "gimp_plugin" / "locale" / path.stem / "LC_MESSAGES"
    return folder / f"{DOMAIN}.mo"


class _Versionless:
    """A catalogue, as write_mo() goes through it, whose header doesn't name Babel's version."""

    def __init__(self, catalogue: Catalog) -> None:
        self.charset = catalogue.charset
        self._catalogue = catalogue

    def __iter__(self) -> Iterator[Message]:
        header, *messages = self._catalogue
        lines = str(header.string).splitlines(keepends=True)
        header.string = "".join(line for line in lines if not line.startswith(_GENERATED_BY))
        return iter([header, *messages])


def compile_catalogue(catalogue: Catalog) -> bytes:
    """Returns a catalogue as gettext reads it."""
    compiled = io.BytesIO()
    write_mo(compiled, _Versionless(catalogue))  # type: ignore[arg-type]  # what it asks of one
    return compiled.getvalue()


def _texts() -> Iterator[tuple[str, str]]:
    """Yields each text and the file it is in."""
    found = extract_from_dir(SOURCES, keywords={"_": None, "mark": None})
    for file, _line, text, _comments, _context in found:
        yield str(text), f"gimp_plugin/nst_gimp/{file}"
    for package in OF_ENGINE:
        found = extract_from_dir(REPOSITORY / package, keywords={"Message": (1,), "mark": None})
        for file, _line, text, _comments, _context in found:
            yield str(text), f"{package}/{file}"
    for spec in SPECS.values():
        yield spec.label, "nst_contract/settings.py"
        yield spec.help, "nst_contract/settings.py"
    for preset in PRESETS.values():
        yield preset.description, "nst_contract/settings.py"
    for style in STYLES.values():
        yield style.label, "nst_contract/builtin_style_names.py"
        yield style.description, "nst_contract/builtin_style_names.py"
    for palette in PALETTES.values():
        yield palette, "nst_contract/builtin_style_names.py"


if __name__ == "__main__":
    main()
