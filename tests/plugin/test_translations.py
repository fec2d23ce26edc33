"""The catalogues in translations/ are complete, and what GIMP reads is compiled from them."""

from __future__ import annotations

import gettext
import re
import string
from pathlib import Path

import pytest

from translations import update

CATALOGUES = sorted(update.CATALOGUES.glob("*.po"))


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_there_is_one() -> None:
    assert [path.stem for path in CATALOGUES] == ["de"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_text_is_translated_with_the_same_fields_to_fill_in(path: Path) -> None:
    """``python translations/update.py`` brings new texts into the catalogue."""
    catalogue = update.read(path)
    for message in update.template():
        if not message.id:
            continue
        translated = catalogue.get(message.id)
        assert translated is not None, f"{message.id!r} is not in {path.name}"
        assert translated.string, f"{message.id!r} is not translated in {path.name}"
        assert not translated.fuzzy, f"{message.id!r} is fuzzy in {path.name}"
        assert fields(str(translated.string)) == fields(str(message.id))


# The keys that GIMP's own buttons of the dialog have: load, save, cancel, help.
GIMPS_KEYS = {"en": "lsch", "de": "gscah"}
DIALOG = (
    "arguments/procedure_arguments",
    "windows/advanced_settings",
    "windows/chosen_styles",
    "windows/content_row",
    "windows/dialog",
    "windows/history_button",
    "windows/look_settings",
    "windows/own_presets_button",
    "windows/preset_rows",
    "windows/reset_button",
    "windows/style_gallery",
)
# Own presets are named in a window.
OF_ANOTHER_WINDOW = ("_Cancel", "_Open", "_Save", "_Name", "_My Preset: {name}")
# Shown in the place of the strength, with another style loss.
INSTEAD = {"Style wei_ght": "Style stren_gth"}


@pytest.mark.parametrize("language", GIMPS_KEYS)
def test_no_two_widgets_of_the_dialog_have_the_same_key(language: str) -> None:
    translate = gettext.translation(
        update.DOMAIN, update.REPOSITORY / "gimp_plugin" / "locale", [language], fallback=True
    ).gettext
    files = {f"gimp_plugin/nst_gimp/{name}.py" for name in DIALOG}
    keys = list(GIMPS_KEYS[language])
    for message in update.template():
        text = str(message.id)
        if files & {file for file, _ in message.locations} and text not in (
            *OF_ANOTHER_WINDOW,
            *INSTEAD,
        ):
            keys += re.findall("_(.)", translate(text).lower())
    assert len(keys) > 12
    assert sorted(keys) == sorted(set(keys))
    for text, usual in INSTEAD.items():
        freed = re.findall("_(.)", translate(usual).lower())
        assert set(re.findall("_(.)", translate(text).lower())) <= set(freed)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_the_compiled_catalogue_is_up_to_date(path: Path) -> None:
    compiled = update.compiled_path(path)
    assert compiled.read_bytes() == update.compile_catalogue(update.read(path))
    folder = update.REPOSITORY / "gimp_plugin" / "locale"
    translate = gettext.translation(update.DOMAIN, folder, [path.stem]).gettext
    assert translate("_Draft") != "_Draft"
