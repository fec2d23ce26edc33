"""Whole runs with neighbours: scales, checkpoints, precision, masks, and the other settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.settings import Settings
from nst_core.neighbors.subject import subject
from nst_core.networks import mini_vgg
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.mini_vgg import UNCHANGED, NetworkFacts
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Perceptual
from nst_core.objective.neighbor_term import Matching
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture
from nst_core.run import checkpoint
from nst_core.run.checkpoint import Checkpoint
from nst_core.run.fit_to_memory import ScalePlan
from nst_core.run.pipeline import Stylized, run_stylization
from nst_core.run.run_plan import RunPlan
from nst_core.training.model import MiniVgg
from tests.engine.test_stylize import BreaksDown
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph

CONTENT, STYLE = photograph(COFFEE, 64, 48), photograph(TISSUE, 48, 48)
LEFT = np.zeros((48, 64), np.float32)
LEFT[:, :32] = 1

Paint = Callable[..., Stylized]


def settings(**values: Any) -> Settings:
    quick = {"size": 64, "coarsest": 32, "evaluations": 3, "device": "cpu"}
    return Settings.from_dict(
        {"style_loss": "neighbors", "precision": "float32", **quick, **values}
    )


@pytest.fixture
def paint(network: Vgg) -> Paint:
    """Paints with neighbours, at two scales of three evaluations."""

    def paint(
        inputs: Inputs = Inputs(CONTENT, [Style(STYLE)]),  # noqa: B008 (it is never changed)
        on_event: Callable[[Ready | Progress | Caution], None] = lambda _: None,
        network: Vgg = network,
        **values: Any,
    ) -> Stylized:
        more = {name: values.pop(name) for name in ("checkpoint", "resumed") if name in values}
        return run_stylization(inputs, settings(**values), on_event, networks=[network], **more)

    return paint


@pytest.fixture
def matchings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Matching, Perceptual]]:
    """What each objective was made from, and the objective."""
    seen: list[tuple[Matching, Perceptual]] = []
    perceptual = RunPlan.perceptual

    def watched(self: RunPlan, *args: Any) -> Perceptual:
        objective = perceptual(self, *args)
        seen.append((args[-1], objective))
        return objective

    monkeypatch.setattr(RunPlan, "perceptual", watched)
    return seen


def test_every_scale_gets_its_evaluations_and_is_matched_with_what_the_coarser_one_painted(
    paint: Paint, matchings: list[tuple[Matching, Perceptual]]
) -> None:
    scales: list[int] = []

    def listen(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Progress):
            scales.append(event.scale)

    paint(on_event=listen)
    assert scales == [32] * 3 + [64] * 3
    coarse, fine = (matching.so_far for matching, _ in matchings)
    assert coarse is None
    assert fine is not None
    assert fine.shape == (1, 3, 48, 64)
    assert [len(objective.choices[0]) for _, objective in matchings] == [8 * 6, 16 * 12]


@pytest.mark.parametrize("saved_at", [3, 4, 5])
def test_a_run_that_was_interrupted_ends_with_the_same_picture_bit_for_bit(
    saved_at: int, paint: Paint, tmp_path: Path
) -> None:
    """Also from the end of the coarser scale, and from within the finer one."""
    whole = paint(checkpoint=Checkpoint(tmp_path / "run", every=saved_at))
    resumed = checkpoint.load(tmp_path / "run")
    assert len(resumed.choices) == 1
    again = paint(resumed=resumed)
    assert again.picture.rgb.tobytes() == whole.picture.rgb.tobytes()
    assert again.loss == whole.loss


def test_choices_outlive_the_turn_to_float32(
    paint: Paint, vgg19_weights: Weights, matchings: list[tuple[Matching, Perceptual]]
) -> None:
    broken = BreaksDown(vgg19_weights, torch.bfloat16, at=5)
    cautions: list[str] = []

    def listen(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Caution):
            cautions.append(event.message)

    result = paint(on_event=listen, network=broken, precision="bfloat16")
    assert any("going on in float32" in caution for caution in cautions)
    (_, before), (_, after) = matchings[-2:]
    assert torch.equal(before.choices[0], after.choices[0])
    assert np.isfinite(result.picture.rgb).all()


def test_the_same_call_gives_the_same_bytes_and_another_balance_others(paint: Paint) -> None:
    first, second, other = (paint(balance=balance) for balance in (0.9, 0.9, 0.0))
    assert first.picture.rgb.tobytes() == second.picture.rgb.tobytes()
    assert np.abs(first.picture.rgb - other.picture.rgb).max() > 0.01


def test_tiles_paint_the_same_picture(paint: Paint, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = paint()
    plan = ScalePlan(tile=(32, 32), history=100, needs=0, work=1.0)
    monkeypatch.setattr("nst_core.run.scale_plans.plan_scale", lambda *_: plan)
    tiled = paint()
    assert tiled.loss == pytest.approx(whole.loss, rel=1e-2)
    assert np.abs(tiled.picture.rgb - whole.picture.rgb).mean() < 0.01


# What else there is to choose ---------------------------------------------------------------------


def flat(red: float, green: float, blue: float) -> Picture:
    colors = np.empty((48, 48, 3), np.float32)
    colors[:] = red, green, blue
    noise = np.random.default_rng(0).normal(0, 0.02, colors.shape)
    return Picture((colors + noise).clip(0, 1).astype(np.float32))


@pytest.mark.parametrize("tile", [None, (32, 32)], ids=["whole", "in tiles"])
def test_what_stands_out_is_looked_for_in_what_is_visible_at_every_scale(
    paint: Paint, monkeypatch: pytest.MonkeyPatch, tile: tuple[int, int] | None
) -> None:
    seen: list[Tensor | None] = []

    def watched(maps: Tensor, rows: int, columns: int, visible: Tensor | None = None) -> Tensor:
        seen.append(visible)
        return subject(maps, rows, columns, visible)

    plan = ScalePlan(tile=tile, history=10, needs=0, work=1.0)
    monkeypatch.setattr("nst_core.run.scale_plans.plan_scale", lambda *_args, **_: plan)
    monkeypatch.setattr("nst_core.objective.neighbor_aims.subject", watched)
    paint(Inputs(Picture(CONTENT.rgb, LEFT), [Style(STYLE)]), evaluations=1)
    paint(evaluations=1)
    for visible in seen[:2]:
        assert visible is not None
        assert visible.shape == (1, 1, 48, 64)
        assert visible[..., :24].min() == 1
        assert not visible[..., 40:].any()
    assert seen[2:] == [None, None]


def test_two_styles_with_masks_paint_their_own_parts(paint: Paint) -> None:
    red, blue = flat(0.8, 0.1, 0.1), flat(0.1, 0.1, 0.8)
    inputs = Inputs(CONTENT, [Style(red, mask=LEFT), Style(blue, mask=1 - LEFT)])
    rgb = paint(inputs, evaluations=8).picture.rgb
    left, right = rgb[:, :24].mean(axis=(0, 1)), rgb[:, 40:].mean(axis=(0, 1))
    assert left[0] > left[2] + 0.2
    assert right[2] > right[0] + 0.2


def with_hole(picture: Picture) -> Picture:
    alpha = np.ones(picture.rgb.shape[:2], np.float32)
    alpha[:20, :20] = 0
    return Picture(picture.rgb, alpha)


MASKED = Inputs(CONTENT, [Style(STYLE)], mask=LEFT)


@pytest.mark.parametrize(
    ("inputs", "values"),
    [
        pytest.param(MASKED, {}, id="mask"),
        pytest.param(Inputs(with_hole(CONTENT), [Style(with_hole(STYLE))]), {}, id="holes"),
        pytest.param(
            Inputs(CONTENT, [Style(STYLE, 2.0), Style(photograph(CAT, 40, 30))]), {}, id="mixed"
        ),
        pytest.param(
            Inputs(CONTENT, [Style(STYLE)], start=STYLE), {"start": "picture"}, id="start"
        ),
        *(
            pytest.param(
                Inputs(CONTENT, [Style(STYLE)]), values, id=" ".join(map(str, values.values()))
            )
            for values in (
                {"color": "luminance"},
                {"color": "histogram"},
                {"start": "noise"},
                {"optimizer": "adam"},
                {"pooling": "average"},
                {"style_scale": 1.7},
                {"coarsest": 0, "style_layers": "relu1_1"},
                {"unbounded": True, "fourier_exponent": 0.0},
                {"gram_share": 0.0, "tv_weight": 1.0},
            )
        ),
    ],
)
def test_it_goes_with_whatever_else_can_be_chosen(
    inputs: Inputs, values: dict[str, Any], paint: Paint
) -> None:
    losses: list[float] = []

    def listen(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Progress):
            losses.append(event.loss)

    rgb: Array = paint(inputs, listen, **values).picture.rgb
    assert losses[-1] < losses[-3]
    assert np.abs(rgb - CONTENT.rgb).mean() > 0.01
    assert 0 <= rgb.min() < rgb.max() <= 1


def test_what_is_outside_the_mask_stays_as_it_is(paint: Paint) -> None:
    rgb = paint(MASKED).picture.rgb
    assert np.array_equal(rgb[:, 32:], CONTENT.rgb[:, 32:])


def test_without_strength_the_photograph_is_where_painting_starts_and_ends(paint: Paint) -> None:
    # One evaluation on plain pixels keeps the picture that it starts from.
    once = {"evaluations": 1, "coarsest": 0, "fourier_exponent": 0.0}
    black = Inputs(CONTENT, [Style(STYLE)], strength_mask=np.zeros((4, 4), np.float32))
    for result in (paint(strength=0.0, **once), paint(black, **once)):
        np.testing.assert_allclose(result.picture.rgb, CONTENT.rgb, atol=1 / 255)


def test_content_and_style_weight_have_no_effect(paint: Paint) -> None:
    plain, weighted = paint(), paint(content_weight=7.0, style_weight=3.0, content_layers="relu2_2")
    assert plain.picture.rgb.tobytes() == weighted.picture.rgb.tobytes()


def test_a_small_network_of_ones_own_will_do(paint: Paint, tmp_path: Path) -> None:
    torch.manual_seed(0)
    about = NetworkFacts((0.5, 0.5, 0.5), (0.25, 0.25, 0.25), UNCHANGED, "a test", 0.01)
    mini_vgg.save(tmp_path / "net", MiniVgg(8, 10).state_dict(), about)
    result = paint(backbone=f"mini-vgg16:{tmp_path / 'net'}", evaluations=6)
    assert result.weights.startswith("mini-vgg16 (net")
    assert result.loss < result.first_loss
