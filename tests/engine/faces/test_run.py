"""Runs that protect faces: the strength mask that they are painted by, and what they say of it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.protocol.events import Caution
from nst_contract.settings import Settings
from nst_core.distributed.group_interface import SingleProcess
from nst_core.faces import detection
from nst_core.faces.soften import STRENGTH, soften
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord
from nst_core.run import forecast
from nst_core.run.pipeline import run_stylization
from nst_core.run.planning import plan_run
from tests.helpers.photographs import ASTRONAUT, COFFEE, TISSUE, photograph

PORTRAIT, COFFEES = photograph(ASTRONAUT, 256, 256), photograph(COFFEE, 96, 64)
STYLE = Style(photograph(TISSUE, 48, 48))
HALF = np.full((4, 4), 0.5, np.float32)


def settings(**values: Any) -> Settings:
    quick = {"size": 64, "coarsest": 0, "evaluations": 1, "device": "cpu", "precision": "float32"}
    return Settings.from_dict({"style_loss": "neighbors", "protect": "faces", **quick, **values})


class Follower(SingleProcess):
    """A process that is not the leader, who has found one face in the upper left quarter."""

    rank = 1

    def broadcast_value(self, value: Any) -> Any:
        return [[0.0, 0.0, 0.5, 0.5]] if value == [] else value


def test_faces_are_in_the_strength_mask_that_each_scale_gets() -> None:
    plan = plan_run(Inputs(PORTRAIT, [STYLE]), settings())
    strength = plan.inputs_at(0).strength
    assert strength is not None
    assert strength.shape == (1, 1, 64, 64)
    assert strength[0, 0, 14, 28] == pytest.approx(STRENGTH, abs=0.01)  # between the eyes
    assert strength[0, 0, 60, 4] == 1
    assert not plan.cautions


def test_a_strength_mask_of_ones_own_is_softened_where_the_faces_are() -> None:
    inputs = Inputs(PORTRAIT, [STYLE], strength_mask=HALF)
    wanted = soften(inputs, detection.find(PORTRAIT)).strength_mask
    found = plan_run(inputs, settings()).inputs.strength_mask
    assert found is not None
    assert found.min() < 0.5 == found.max()
    np.testing.assert_array_equal(found, wanted)


def test_where_no_face_is_found_nothing_changes_and_the_run_says_so(network: Vgg) -> None:
    said: list[str] = []

    def listen(event: object) -> None:
        said.extend([event.message] if isinstance(event, Caution) else [])

    inputs = Inputs(COFFEES, [STYLE])
    result = run_stylization(inputs, settings(), listen, networks=[network])
    (caution,) = [message for message in said if "face" in message]
    assert COFFEE in caution
    plain = run_stylization(inputs, settings(protect="nothing"), networks=[network])
    assert result.picture.rgb.tobytes() == plain.picture.rgb.tobytes()


def test_who_protects_the_subject_protects_faces_and_misses_none() -> None:
    found = plan_run(Inputs(PORTRAIT, [STYLE]), settings(protect="subject"))
    faces = plan_run(Inputs(PORTRAIT, [STYLE]), settings())
    assert found.inputs.strength_mask is not None
    np.testing.assert_array_equal(found.inputs.strength_mask, faces.inputs.strength_mask)
    assert not plan_run(Inputs(COFFEES, [STYLE]), settings(protect="subject")).cautions


def test_other_losses_know_no_places_to_protect() -> None:
    plan = plan_run(Inputs(PORTRAIT, [STYLE]), Settings(style_loss="gram", size=64))
    assert plan.inputs.strength_mask is None


def test_all_processes_protect_the_faces_that_the_leader_found() -> None:
    found = plan_run(Inputs(COFFEES, [STYLE]), settings(), Follower()).inputs.strength_mask
    assert found is not None
    assert found[16, 24] == np.float32(STRENGTH)


def test_the_record_names_the_setting_and_the_strength_mask_as_it_was_given(network: Vgg) -> None:
    inputs = Inputs(PORTRAIT, [STYLE])
    result = run_stylization(inputs, settings(), networks=[network])
    record = PaintingRecord.of(result.settings, result.weights, inputs)
    assert record.settings["protect"] == "faces"
    assert record.strength_mask == ""


def test_a_forecast_counts_the_mask_and_does_not_look_for_faces(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(detection, "find")
    sizes: tuple[tuple[int, int], list[tuple[int, int]]] = (640, 480), [(320, 240)]
    protected, _ = forecast.estimate(*sizes, settings(size=640), [network])
    # Below full strength each place has aims of its own, as with a strength mask.
    weaker = settings(size=640, protect="nothing", strength=0.5)
    masked, _ = forecast.estimate(*sizes, weaker, [network], 1)
    assert protected.needs == masked.needs


def test_without_opencv_a_forecast_is_refused_and_a_run_without_protection_is_not(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    plan_run(Inputs(PORTRAIT, [STYLE]), settings(protect="nothing"))
    with pytest.raises(NstError, match="not installed") as caught:
        forecast.estimate((64, 64), [(64, 64)], settings(), [network])
    assert caught.value.code == BAD_SETTING
