"""What the engine says is said in the user's language: no sentence of it stays English."""

from __future__ import annotations

import ast
import gettext
from collections.abc import Iterator
from pathlib import Path

import pytest
from nst_gimp.engine import forecasts
from nst_gimp.text import amounts, i18n, messages
from nst_gimp.text.messages import in_own_words, translated

from nst_contract.errors import MEMORY, NstError
from nst_contract.messages import Message
from nst_contract.protocol.events import Caution, Error, Estimate, decode, encode
from nst_contract.settings import Settings
from tests.plugin.engines import ready, scale
from translations import update

# What only the command line does: the plug-in never hears of it.
COMMAND_LINE = (
    "nst_core/cli.py", "nst_core/commands/batch", "nst_core/commands/gimp.py",
    "nst_core/commands/kept_files.py",
    "nst_core/commands/like.py", "nst_core/commands/picture_options.py",
    "nst_core/commands/style_sources.py", "nst_core/commands/styles.py",
    "nst_core/commands/stylize.py", "nst_core/distributed/", "nst_core/pictures/code_points.py",
    "nst_core/pictures/lean_reading.py",
    "nst_core/pictures/picture_files.py", "nst_core/pictures/picture_sources.py",
    "nst_core/pictures/result_files.py", "nst_core/pictures/seen_colors.py",
    "nst_core/pictures/tiff_pages.py", "nst_core/reporting/", "nst_core/run/checkpoint",
    "nst_core/storage/download.py", "nst_core/storage/torch_files.py", "nst_core/training/",
    "nst_install/",
)  # fmt: skip
SAYING = ("NstError", "Caution", "warn", "Finding")


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the plug-in speak German."""
    translate = gettext.translation(update.DOMAIN, i18n.FOLDER, ["de"]).gettext
    for module in (i18n, messages, amounts, forecasts):
        monkeypatch.setattr(module, "_", translate)


def sources() -> Iterator[Path]:
    for package in update.OF_ENGINE:
        for path in sorted((update.REPOSITORY / package).rglob("*.py")):
            name = str(path.relative_to(update.REPOSITORY))
            if not name.startswith(COMMAND_LINE):
                yield path


def plain_texts(tree: ast.AST) -> Iterator[ast.expr]:
    """Yields the sentences that are said without being messages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for argument in node.args if name in SAYING else ():
                said = argument.body if isinstance(argument, ast.IfExp) else argument
                is_text = isinstance(said, ast.Constant) and isinstance(said.value, str)
                if is_text or isinstance(said, ast.JoinedStr):
                    yield said


def test_all_that_the_engine_says_to_the_plug_in_can_be_translated() -> None:
    plain = [
        f"{path.name}:{text.lineno}: {ast.unparse(text)}"
        for path in sources()
        for text in plain_texts(ast.parse(path.read_text(encoding="utf-8")))
        # Facts about the machine, without words.
        if path.name != "doctor_checks.py"
    ]
    assert plain == []


def test_a_sentence_that_is_no_message_would_be_found() -> None:
    tree = ast.parse("raise NstError(MEMORY, f'The {x}.', Message('So.')) or warn('Oh.')")
    assert [ast.unparse(text) for text in plain_texts(tree)] == ["f'The {x}.'", "'Oh.'"]


REFUSED = NstError(
    MEMORY,
    Message(
        "This picture needs at least {least:.2f} GiB of memory at this size, but only "
        "{budget:.2f} GiB may be used.",
        least=2.5,
        budget=0.75,
    ),
    Message("Choose a size of {size} pixels or less, or close other programs.", size=430),
)


@pytest.mark.usefixtures("german")
def test_an_error_crosses_the_pipe_and_is_told_in_german_with_decimal_commas() -> None:
    error = Error(REFUSED.code, REFUSED.message, REFUSED.advice)
    (came,) = [decode(encode(Estimate(1, error=error)))]
    assert isinstance(came, Estimate)
    assert came.error == error
    told = in_own_words(NstError(came.error.code, came.error.message, came.error.advice))
    assert told.message == (
        "Dieses Bild braucht in dieser Größe mindestens 2,50 GiB Arbeitsspeicher, aber nur "
        "0,75 GiB dürfen genutzt werden."
    )
    assert told.advice.startswith("Wählen Sie eine Größe von höchstens 430 Pixeln")


@pytest.mark.usefixtures("german")
def test_a_message_inside_a_message_is_told_in_german_too() -> None:
    called = Message('The style "{name}"', name="Night")
    what = Message("{called} is fully transparent: there is nothing to see.", called=called)
    came = decode(encode(Caution(what)))
    assert isinstance(came, Caution)
    assert translated(came.message).startswith("Der Stil »Night« ist vollständig durchsichtig")


@pytest.mark.usefixtures("german")
def test_a_setting_is_called_as_the_dialog_calls_it() -> None:
    with pytest.raises(NstError) as caught:
        Settings(strength=1.5)
    assert (
        translated(caught.value.message)
        == "»Stilstärke« ist 1,5, was außerhalb des Bereichs liegt."
    )
    assert translated(caught.value.advice) == "Wählen Sie einen Wert von 0 bis 1."


@pytest.mark.usefixtures("german")
def test_a_forecast_has_german_words_and_numbers() -> None:
    plan = ready(scale(1600, 1067), seconds=130, needs=round(3.1 * 2**30))
    assert amounts.forecast(plan) == "etwa 2 min, 3,1 GiB, 1600 x 1067 px"


def test_what_reaches_into_objects_is_not_followed() -> None:
    line = encode(Caution(Message("{x}", x="text")))
    attacking = line.replace('"template": "{x}"', '"template": "{x.__class__}"')
    came = decode(attacking)
    assert isinstance(came, Caution)
    assert translated(came.message) in ("text", str(came.message))
    assert "class" not in translated(came.message)


@pytest.mark.parametrize(
    "parts", ["5", '{"template": 5}', '{"template": "{y}", "values": {}}', '{"values": []}']
)
def test_damaged_parts_leave_the_english_sentence(parts: str) -> None:
    line = encode(Caution(Message("{x}", x="text")))
    start = line.index('"message_parts": ') + len('"message_parts": ')
    end = line.index(', "advice"')
    came = decode(line[:start] + parts + line[end:])
    assert isinstance(came, Caution)
    assert translated(came.message) == "text"
