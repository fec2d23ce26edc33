"""nst_gimp.engine.forecasts: what stands beside the presets in the dialog."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from nst_gimp.engine import forecasts
from nst_gimp.engine.forecasts import OFFERED, Forecasts
from nst_gimp.engine.process import Engine

from nst_contract.errors import MEMORY
from nst_contract.protocol.events import Error, Estimate, encode
from nst_contract.settings import PRESETS, Settings
from tests.helpers.processes import PATIENCE
from tests.plugin.engines import LOADED, Script, ready, saying, scale

# Answers each inquiry with the evaluations asked for as the seconds; refuses more than 1000.
ANSWERING = f"""
import json
{saying(LOADED)}
ANSWER, REFUSAL = (json.loads(text) for text in (
    {encode(Estimate(0, ready(scale(64, 48), seconds=0.0)))!r},
    {encode(Estimate(0, error=Error(MEMORY, "Too much.", "Take less.")))!r},
))
while line := hear():
    asked = json.loads(line)["inquiry"]
    evaluations = asked["settings"]["evaluations"]
    answer = REFUSAL if evaluations > 1000 else ANSWER
    if answer["ready"]:
        answer["ready"]["seconds"] = evaluations / 10
    say(json.dumps(answer | {{"number": asked["number"]}}))
"""


@pytest.fixture
def engine() -> Iterator[Engine]:
    info: Any = Script(ANSWERING)
    with Engine(info) as engine:
        yield engine


def settled(asking: Forecasts) -> dict[str, str]:
    """Returns the texts once every answer has come."""
    end = time.monotonic() + PATIENCE
    while asking.is_waiting:
        assert time.monotonic() < end
        asking.take()
        time.sleep(0.01)
    return asking.texts


def test_each_preset_is_asked_for_with_its_own_values_and_the_users_others(engine: Engine) -> None:
    asking = Forecasts(engine)
    assert set(asking.texts.values()) == {"The engine is starting"}
    settings = Settings.from_preset("normal", evaluations=70).as_dict()
    asking.ask((640, 480), [(64, 64)], settings)
    texts = settled(asking)
    draft, fine = (PRESETS[name].values["evaluations"] / 10 for name in ("draft", "fine"))
    assert texts == {
        "draft": f"about {draft:.0f} s, 3.0 GiB, 64 x 48 px",
        "normal": "about 7 s, 3.0 GiB, 64 x 48 px",
        "fine": f"about {fine:.0f} s, 3.0 GiB, 64 x 48 px",
    }
    assert asking.problem == ""


def test_only_the_last_question_counts(engine: Engine) -> None:
    asking = Forecasts(engine)
    for evaluations in (500, 20):
        settings = Settings.from_preset("normal", evaluations=evaluations).as_dict()
        asking.ask((640, 480), [(64, 64)], settings)
    assert settled(asking)["normal"].startswith("about 2 s")


def test_why_the_chosen_settings_will_not_do_is_told_with_the_remedy(engine: Engine) -> None:
    asking = Forecasts(engine)
    settings = Settings.from_preset("fine", evaluations=5000).as_dict()
    asking.ask((640, 480), [(64, 64)], settings)
    assert settled(asking)["fine"] == "not possible"
    assert asking.problem == "Too much. Take less."
    asking.ask((640, 480), [(64, 64)], {**settings, "evaluations": 10})
    settled(asking)
    assert asking.problem == ""


def test_an_engine_that_is_gone_is_told_instead() -> None:
    info: Any = Script("sys.exit(1)")
    with Engine(info) as gone:
        asking = Forecasts(gone)
        asking.ask((640, 480), [(64, 64)], Settings().as_dict())
        while not asking.problem:
            asking.take()
    assert "The engine cannot be started" in asking.problem
    assert set(asking.texts.values()) == {""}


@pytest.mark.parametrize("loss", ["neighbors", "gram"])
def test_choosing_a_preset_sets_all_in_which_presets_differ(loss: str) -> None:
    before = Settings.from_preset("normal", style_loss=loss).as_dict()
    for preset in OFFERED:
        values = forecasts.of_preset(preset, loss)
        assert values["preset"] == preset
        chosen = Settings.from_dict(before | values)
        assert chosen == Settings.from_preset(preset, style_loss=loss)
    assert json.dumps(values)


def test_presets_are_asked_for_with_what_they_take_with_the_style_loss(engine: Engine) -> None:
    asking = Forecasts(engine)
    settings = Settings.from_preset("normal", style_loss="gram").as_dict()
    asking.ask((640, 480), [(64, 64)], settings)
    assert [text.split(",")[0] for text in settled(asking).values()] == [
        "about 4 s", "about 10 s", "about 20 s",
    ]  # fmt: skip


def test_choosing_a_style_loss_changes_what_was_usual_before_and_nothing_else() -> None:
    before = Settings.from_preset("draft", size=300).as_dict()
    chosen = before | {"style_loss": "gram"}
    usual = Settings.from_preset("draft", size=300, style_loss="gram").as_dict()
    assert chosen | forecasts.of_style_loss(chosen, "neighbors") == usual
    back = usual | {"style_loss": "neighbors"}
    assert back | forecasts.of_style_loss(back, "gram") == before
    # What the user has set stays.
    own = chosen | {"evaluations": 7}
    assert forecasts.of_style_loss(own, "neighbors") == {
        "coarsest": 512,
        "style_layers": usual["style_layers"],
    }
    other = usual | {"style_loss": "moments"}
    assert forecasts.of_style_loss(other, "gram") == {}
