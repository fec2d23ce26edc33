"""A built-in style is painted as large as it will be looked at, its own scale included."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nst_contract.errors import BAD_INPUT, BAD_SETTING, NstError
from nst_contract.protocol.events import Ready
from nst_contract.protocol.requests import (
    BuiltinStyle,
    Inquiry,
    Raster,
    Request,
    StyleRequest,
)
from nst_contract.settings import Settings
from nst_core.commands import style_sources, worker_process
from nst_core.commands.picture_options import add_pictures, read_inputs
from nst_core.networks.vgg import Vgg
from nst_core.pictures import rasters
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord
from nst_core.run import forecast as estimating
from nst_core.run.forecast import forecast
from nst_core.run.pipeline import Stylized
from nst_core.run.planning import plan_run
from tests.helpers.photographs import COFFEE, as_bytes, photograph

PHOTO = photograph(COFFEE, 64, 48)
SETTINGS = Settings(size=300)
STYLE = "builtin:woodcut"


def inputs(folder: Path, *options: str, record: PaintingRecord | None = None) -> Inputs:
    """Returns what ``nst stylize`` would paint with two built-in styles and these options."""
    Image.fromarray(as_bytes(PHOTO)).save(folder / "photo.png")
    parser = argparse.ArgumentParser()
    add_pictures(parser)
    given = parser.parse_args([str(folder / "photo.png"), STYLE, f"{STYLE},seed=1", *options])
    return read_inputs(given, SETTINGS, record)


def sides(inputs: Inputs) -> list[tuple[int, int]]:
    return [(style.picture.width, style.picture.height) for style in inputs.styles]


def test_on_the_command_line(tmp_path: Path) -> None:
    assert sides(inputs(tmp_path)) == [(300, 300)] * 2
    scaled = inputs(tmp_path, "--style-scales", "2,1.5")
    assert sides(scaled) == [(600, 600), (450, 450)]


def test_with_the_scales_of_an_earlier_result(tmp_path: Path) -> None:
    earlier = inputs(tmp_path, "--style-scales", "2,1.5", "--style-weights", "3,4")
    record = PaintingRecord.of(SETTINGS, "weights", earlier)
    repeated = inputs(tmp_path, record=record)
    assert [(style.weight, style.scale) for style in repeated.styles] == [(3, 2), (4, 1.5)]
    assert sides(repeated) == [(600, 600), (450, 450)]
    overridden = inputs(tmp_path, "--style-scales", "1,1", record=record)
    assert sides(overridden) == [(300, 300)] * 2
    assert [style.weight for style in overridden.styles] == [3, 4]


def test_it_is_looked_at_in_the_size_that_it_is_painted_in(tmp_path: Path) -> None:
    scaled = inputs(tmp_path, "--style-scales", "2,1.5")
    assert list(plan_run(scaled, SETTINGS).scales[-1].styles) == sides(scaled)


@pytest.mark.parametrize("scale", [0.0, 9.0, -1.0, math.nan, math.inf])
def test_a_scale_out_of_range_is_refused_before_anything_is_painted(
    scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(style_sources, "paint")
    with pytest.raises(NstError, match=f"The scale of {STYLE} is {scale}, ") as caught:
        style_sources.parse(STYLE).picture(PHOTO, SETTINGS, scale)
    assert caught.value.code == BAD_SETTING
    assert "0.1 to 4" in caught.value.advice


def test_a_photograph_that_is_too_small_is_named_before_anything_is_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(style_sources, "paint")
    with pytest.raises(NstError, match="too small") as caught:
        style_sources.parse(STYLE).picture(photograph(COFFEE, 64, 8), SETTINGS)
    assert caught.value.code == BAD_INPUT


# The worker --------------------------------------------------------------------------------------


def test_in_the_answer_to_an_inquiry(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def estimate(
        _content: object, styles: object, *_: object, **more: object
    ) -> tuple[Ready, Sequence[Vgg]]:
        asked.extend((styles, more["style_scales"]))
        return Ready("0", "weights", "cpu", "float32", 1, 1, [], 1.0), ()

    monkeypatch.setattr(estimating, "estimate", estimate)
    styles = BuiltinStyle("woodcut"), (7, 9), BuiltinStyle("woodcut")
    inquiry = Inquiry(1, (64, 48), styles, SETTINGS.as_dict(), style_scales=(2.0, 3.0, 1.0))
    worker_process.answer(inquiry, ())
    assert asked == [[(600, 600), (7, 9), (300, 300)], (2.0, 3.0, 1.0)]


def test_in_a_request(tmp_path: Path, network: Vgg, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Style] = []

    def run_stylization(inputs: Inputs, *_: object, **__: object) -> Stylized:
        painted.extend(inputs.styles)
        return Stylized(PHOTO, SETTINGS, "weights", 0, 1.0, 1.0)

    monkeypatch.setattr("nst_core.run.pipeline.run_stylization", run_stylization)
    content = Raster("content.raw", 64, 48, "u8")
    rasters.write(PHOTO, tmp_path / content.file, content.sample)
    styles = (
        StyleRequest(BuiltinStyle("woodcut"), scale=2.0),
        StyleRequest(BuiltinStyle("woodcut")),
    )
    request = Request(str(tmp_path), content, styles, settings=SETTINGS.as_dict())
    worker_process.Job(request, lambda _event: None).run([network])
    assert [style.scale for style in painted] == [2.0, 1.0]
    assert [style.picture.width for style in painted] == [600, 300]


def test_an_estimate_is_what_the_run_would_say(
    network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.run.forecast.seconds_per_pixel", lambda *_: 1e-3)
    monkeypatch.setattr(estimating, "networks_for", lambda *_: [network])
    settings = Settings(size=64, device="cpu", precision="float32", memory=4.0)
    run = Inputs(PHOTO, [Style(PHOTO, scale=4.0), Style(PHOTO)])
    sizes = [(64, 48)] * 2
    estimated, _ = estimating.estimate((64, 48), sizes, settings, style_scales=[4.0, 1.0])
    assert estimated == forecast(plan_run(run, settings), network, estimated.version)
    assert estimated.seconds > estimating.estimate((64, 48), sizes, settings)[0].seconds
