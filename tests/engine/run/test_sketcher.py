"""nst_core.run.sketcher: sketches that fit the machine, and agree with what is painted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_contract.settings import Settings
from nst_core.networks.remembering import Seen
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Picture
from nst_core.run import forecast, sketcher
from nst_core.run.sketcher import Sketcher
from tests.helpers.photographs import COFFEE, TISSUE, photograph

SMALL = Settings.from_preset(
    "normal", size=48, coarsest=32, evaluations=2, device="cpu", precision="float32"
)


def inputs() -> Inputs:
    return Inputs(photograph(COFFEE, 64, 48), [Style(photograph(TISSUE, 48, 48))])


def painted(by: Sketcher, given: Inputs, settings: Settings) -> list[tuple[Picture, float]]:
    shown: list[tuple[Picture, float]] = []
    by.paint(given, settings, lambda picture, fraction: shown.append((picture, fraction)))
    return shown


@pytest.mark.parametrize(("pace", "side"), [(1e-9, 384), (2.7e-6, 224), (1.0, 160)])
def test_a_sketch_is_as_large_as_the_machine_paints_in_time(
    pace: float, side: int, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecast, "seconds_per_pixel", lambda *_: pace)
    chosen = Sketcher([network]).settings(
        (1200, 900), [(640, 480)], Settings(device="cpu", precision="float32"),
        side=384, seconds=2.0,
    )  # fmt: skip
    assert chosen.size == side
    assert chosen.coarsest == Settings().coarsest


def test_a_sketch_is_no_larger_than_what_it_stands_for(network: Vgg) -> None:
    sketch = Sketcher([network])
    for settings, side in ((SMALL, 384), (Settings(device="cpu", precision="float32"), 40)):
        chosen = sketch.settings((1200, 900), [(64, 48)], settings, side=side, seconds=60.0)
        assert chosen.size == min(side, settings.size or side)
        assert chosen.evaluations <= settings.evaluations


def test_a_sketch_needs_no_more_memory_than_the_run_that_was_forecast(network: Vgg) -> None:
    settings = Settings(device="cpu", precision="float32", memory=64.0)
    small = Sketcher([network]).settings(
        (1200, 900), [(640, 480)], settings, side=384, seconds=60.0
    )
    run, of_sketch = (
        forecast.estimate((1200, 900), [(640, 480)], chosen, [network])[0].needs
        for chosen in (settings, small)
    )
    assert of_sketch + sketcher._REMEMBERED_BYTES < run


def test_what_is_remembered_changes_no_picture(network: Vgg) -> None:
    given, by = inputs(), Sketcher([network])
    for settings in (SMALL, SMALL):
        painted(by, given, settings)
    again = painted(by, given, SMALL)[-1][0]
    alone = painted(Sketcher([network]), given, SMALL)[-1][0]
    np.testing.assert_array_equal(again.rgb, alone.rgb)


@pytest.mark.parametrize(
    "change",
    [{"strength": 0.1}, {"style_scale": 2.0}, {"color": "luminance"}, {"balance": 0.0}],
    ids=lambda change: next(iter(change)),
)
def test_a_setting_that_changes_the_painting_changes_the_sketch(
    change: dict[str, Any], network: Vgg
) -> None:
    given, by = inputs(), Sketcher([network])
    one = painted(by, given, SMALL)[-1][0].rgb
    values = {**SMALL.as_dict(), "evaluations": 6}
    other = painted(by, given, Settings.from_dict({**values, **change}))[-1][0].rgb
    base = painted(by, given, Settings.from_dict(values))[-1][0].rgb
    assert one.shape == other.shape == base.shape
    assert np.abs(other - base).mean() > 2 / 255


def test_with_the_photographs_colours_all_pictures_of_a_sketch_have_them(network: Vgg) -> None:
    settings = Settings.from_dict({**SMALL.as_dict(), "color": "luminance"})
    for picture, _fraction in painted(Sketcher([network]), inputs(), settings):
        mean = picture.rgb.mean(axis=(0, 1))
        assert mean[0] > mean[2]  # coffee is brown, the tissue violet


def test_without_evaluations_a_sketch_is_the_photograph() -> None:
    none = Settings.from_dict({**SMALL.as_dict(), "evaluations": 0})
    ((picture, fraction),) = painted(Sketcher(), inputs(), none)
    assert (picture.width, picture.height, fraction) == (48, 36, 1.0)


def test_maps_are_kept_from_the_second_look_on_and_no_more_than_may_be() -> None:
    import torch

    looks: list[str] = []

    def look(name: str) -> Any:
        looks.append(name)
        return {"relu1_1": torch.zeros(100)}

    seen = Seen(most=1000)
    for name in ("a", "a", "a", "b", "b", "c", "c", "b", "a"):
        seen.get(name, ["relu1_1"], lambda name=name: look(name))  # type: ignore[misc]
    assert looks == ["a", "a", "b", "b", "c", "c", "a"]
    assert seen.size_in_bytes <= 1000
