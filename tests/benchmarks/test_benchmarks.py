"""benchmarks/: every script runs and says what it promises; its losses and its counts are right.

Nothing is timed here: times come out as they may.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.dialog import report_memory, report_times
from benchmarks.efficiency import convolutions, evaluation_flops
from benchmarks.painting import ENGINES, as_pastiche_saves, as_we_save
from benchmarks.pastiche_objective import PasticheObjective
from benchmarks.recording import marks
from benchmarks.tiling import size_of
from benchmarks.time_to_loss import Curve, first_at_or_below, ratios
from nst_contract.settings import Settings
from nst_core.masks.regions import everywhere
from nst_core.networks.device import multiplies_bfloat16_fast
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.objective.whole import WholeObjective
from nst_core.pictures import picture_files
from nst_core.pictures.picture import Picture
from tests.benchmarks.scripts import numbers, rows, run
from tests.helpers.photographs import CAT, TISSUE, as_bytes, photograph, tensor


def test_time_to_loss_prints_both_curves_and_the_ratios(tmp_path: Path) -> None:
    style = tmp_path / "style.png"
    Image.fromarray(as_bytes(photograph(TISSUE, 80, 60))).save(style)
    arguments = ("--size", 64, "--steps", 3, "--style", style, "--out", tmp_path)
    printed = run("time_to_loss.py", *arguments)
    table = rows(printed, r"\d+  ")
    assert [row[0] for row in table] == ["1", "2", "3"]
    assert all(len(row) == 1 + 3 * 3 and all(float(cell) > 0 for cell in row) for row in table)
    # It counts from the spawn: nobody imports torch in less.
    assert all(float(table[0][column]) > 0.2 for column in (1, 4, 7))
    their_seconds, reported, saved = numbers(
        r"^pastiche after 3 steps: # s, reports #, saves #$", printed
    )
    assert [f"{their_seconds:.2f}", f"{reported:.5g}", f"{saved:.5g}"] == table[-1][1:4]
    for letter in "ab":
        assert re.search(rf"^\({letter}\) .*(times faster|not reached by ours)$", printed, re.M)
    theirs, ours, ratio, lower = numbers(
        r"^\(c\) .*pastiche .*loss #\), .*loss #\): ratio #, # times lower$", printed
    )
    assert ratio == pytest.approx(ours / theirs, rel=1e-3)
    assert lower == pytest.approx(theirs / ours, abs=0.006)
    assert (tmp_path / "bounded.png").is_file()
    with Image.open(tmp_path / "curves.png") as curves:
        assert curves.width > 500


def test_tiling_prints_each_size_and_the_ratio() -> None:
    printed = run("tiling.py", "--megapixels", 0.02, 0.05, "--memory", 2, "--evaluations", 1)
    small, large = rows(printed, r"\d+ x \d+  ")
    assert [small[0], large[0]] == ["173 x 115", "274 x 183"]
    # Two evaluations were made: one to warm up, one to time; the first leaves no pair.
    assert small[2:5] == ["whole", "100", "1"]
    forecast, peak, _, seconds, per_megapixel = map(float, small[5:])
    assert 0.3 < peak < 2 * forecast
    assert per_megapixel == pytest.approx(seconds / (173 * 115 / 1e6), rel=0.02)
    largest, second, ratio = numbers(
        r"^seconds per megapixel, .*: # \(274 x 183\) / # \(173 x 115\): ratio #$", printed
    )
    assert [largest, second] == [float(large[-1]), float(small[-1])]
    assert ratio == pytest.approx(largest / second, rel=1e-2)


def test_tiling_fills_the_history_when_asked_and_tells_of_refusals(tmp_path: Path) -> None:
    style = tmp_path / "style.png"
    Image.fromarray(as_bytes(photograph(TISSUE, 48, 32))).save(style)
    # So little memory that the smaller is planned with a short history.
    arguments = ("--memory", 0.64, "--evaluations", 1, "--fill-history", "--style", style)
    printed = run("tiling.py", "--megapixels", 0.05, 4, *arguments)
    small, refused = rows(printed, r"\d+ x \d+  ")
    assert small[3] == small[4]
    assert refused[2] == "refused"
    assert "needs two sizes" in printed


def test_blocks_prints_each_size_and_the_ratio() -> None:
    arguments = ("--block", 128, 128, "--blocks", 1, "--evaluations", 1)
    printed = run("blocks.py", "--megapixels", 0.06, 0.12, *arguments)
    small, large = rows(printed, r"\d+ x \d+  ")
    assert [small[:2], large[:2]] == [["300 x 200", "6"], ["424 x 283", "12"]]
    slow, quick = sorted((float(small[3]), float(large[3])), reverse=True)
    (ratio,) = numbers(r"^seconds per megapixel, most over least of 2 sizes: #$", printed)
    assert ratio == pytest.approx(slow / quick, rel=0.02)


def test_seams_are_found_where_blocks_differ_and_nowhere_else(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 40, (192, 288, 3)).astype(np.uint8)
    tones = noise.copy()
    tones[:96, :96] += 60
    for name, rgb in {"even.png": noise, "patch.png": tones}.items():
        Image.fromarray(rgb).save(tmp_path / name)
    printed = run("seams.py", tmp_path / "even.png", tmp_path / "patch.png", "--block", 96, 96)
    (even,), (patch,) = numbers(r"^even.png: #$", printed), numbers(r"^patch.png: #$", printed)
    assert 0.8 < even < 1.2
    assert patch > 2


def test_the_schedule_of_one_process_is_the_blocks_one_after_the_other() -> None:
    arguments = ("--seconds", 30, "--sending", 0, "--processes", 1, 2, "--block", 512, 512)
    printed = run("schedule.py", "--megapixels", 4, *arguments)
    minutes, ratio = numbers(r"^2449 x 1633 +20 +# min \(1.00x\) +[\d.]+ min \(#x\)$", printed)
    # 4 megapixels and the margins, which are counted once for each block that sees them.
    assert 2 < minutes < 2.6
    assert 1.5 < ratio <= 2


def test_efficiency_prints_each_layer_and_both_ratios() -> None:
    printed = run("efficiency.py", "--size", 32, "--rounds", 1, "--matrix", 256)
    layers = rows(printed, r"conv\d_\d  ")
    assert [row[0] for row in layers][:3] == ["conv1_1", "conv1_2", "conv2_1"]
    assert layers[-1][:3] == ["conv5_1", "512 -> 512", "2 x 2"]
    (achieved,) = numbers(r"^evaluation: .*: # GFLOP/s in ", printed)
    is_fast = multiplies_bfloat16_fast("cpu")
    assert ("bfloat16 matrix product" in printed) is is_fast
    products = [r"\(i\) .*float32 .*", *([r"\(i\) .*bfloat16 .*"] if is_fast else [])]
    for line in (*products, r"\(ii\) .*"):
        rate, ratio = numbers(rf"^{line}\(# GFLOP/s\): ratio #$", printed)
        # By the digits that are printed: rates to a tenth, ratios to a thousandth.
        rounding = 0.051 + 0.051 * ratio + 0.00051 * rate
        assert ratio * rate == pytest.approx(achieved, abs=rounding)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pastiche and Pillow
def test_pastiches_objective_is_ours_in_other_units(network: Vgg, tmp_path: Path) -> None:
    content, style = photograph(CAT, 64, 48), photograph(TISSUE, 64, 64)
    for picture, name in ((content, "content.png"), (style, "style.png")):
        Image.fromarray(as_bytes(picture)).save(tmp_path / name)
    judged = PasticheObjective(tmp_path / "content.png", tmp_path / "style.png", 64)
    gatys = Settings.from_preset("gatys")
    objective = WholeObjective(network, tensor(content), everywhere(tensor(style)), gatys)
    for image in (content, photograph(TISSUE, 64, 48)):
        ours = objective.evaluate(tensor(image)).loss
        assert judged.loss(as_bytes(image)) == pytest.approx(ours / 100, rel=1e-3)


def test_pictures_are_recorded_as_each_engine_saves_them(tmp_path: Path) -> None:
    package: Any = importlib.import_module("pastiche.pastiche")
    image = 300 * torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0)) - 150
    package.save_image(image, str(tmp_path / "theirs.png"))
    recorded = as_pastiche_saves(image, package.VGG_MEAN)
    with Image.open(tmp_path / "theirs.png") as saved:
        assert np.array_equal(np.asarray(saved), recorded)

    rgb = np.random.default_rng(0).uniform(-0.2, 1.2, (5, 7, 3)).astype(np.float32)
    picture_files.write(Picture(rgb), tmp_path / "ours.png")
    with Image.open(tmp_path / "ours.png") as saved:
        assert np.array_equal(np.asarray(saved), as_we_save(rgb))


def test_operations_are_those_worked_out_by_hand(vgg19_weights: Weights) -> None:
    layers = {layer.name: layer for layer in convolutions(vgg19_weights, 96, 64)}
    # 3 x 3 kernel, 128 channels in, 256 out, on maps of 24 x 16, two operations each.
    assert layers["conv3_1"].flops == 2 * 9 * 128 * 256 * 24 * 16 == 226_492_416
    assert list(layers)[-1] == "conv5_1"
    whole = evaluation_flops(list(layers.values()))
    assert whole == 2 * sum(layer.flops for layer in layers.values())


def test_pictures_are_judged_at_the_start_then_now_and_then_and_at_the_end() -> None:
    assert marks(3) == [1, 2, 3]
    assert marks(22) == [*range(1, 11), 15, 20, 22]


def test_a_loss_is_reached_at_the_first_mark_at_or_below_it() -> None:
    seconds = {1: 5.0, 2: 6.0, 3: 7.0}
    curve = Curve("x", seconds, {1: 9.0, 2: 8.0, 3: 2.0}, {1: 9.0, 3: 1.0}, 0.5)
    reached = first_at_or_below(curve, curve.saved, 8.0)
    assert reached is not None
    assert (reached.step, reached.seconds) == (3, 7.0)
    assert first_at_or_below(curve, curve.saved, 0.5) is None


def test_the_ratios_are_of_the_times_to_the_same_loss() -> None:
    # Its second step reports less than its first, but saves a worse picture.
    their_saved = {1: 5.0, 2: 6.0}
    theirs = Curve("pastiche", {1: 10.0, 2: 20.0}, {1: 9.0, 2: 4.0}, their_saved, 0.0)
    bounded = Curve("bounded", {1: 2.0, 2: 4.0}, {1: 5.5, 2: 3.0}, {1: 5.5, 2: 3.0}, 1.0)
    unbounded = Curve("unbounded", {1: 8.0, 2: 16.0}, {1: 4.0, 2: 3.0}, {1: 9.0, 2: 9.0}, 1.0)
    curves = dict(zip(ENGINES, (theirs, bounded, unbounded), strict=True))
    _, reported, saved, closed, earlier, lowest, lower = ratios(curves)
    assert reported.endswith("2.50 times faster")  # 20 s to 8 s
    assert saved.endswith("10.00 times faster")  # 20 s to 2 s
    assert closed.endswith("6.67 times faster")  # and another second
    assert earlier.endswith("5.00 times faster")  # 10 s to 2 s
    assert lowest.endswith("2.50 times faster")  # 10 s to 4 s
    assert lower.endswith("ratio 0.5000, 2.00 times lower")


def test_sizes_have_the_megapixels_asked_for() -> None:
    assert size_of(1.5) == (1500, 1000)


def test_the_dialogs_times_and_memory_are_laid_out_with_medians_and_growth() -> None:
    times = {"strength": [{"first picture": s, "size": 256.0} for s in (0.5, 0.3, 0.9)]}
    _, _, first, size = report_times(times).splitlines()
    assert first.split()[-3:] == ["0.50", "0.30", "0.90"]
    assert size.split()[-3:] == ["256.00"] * 3
    memory = {"plug-in": [(1, 90.0), (10, 95.4)], "engine": [(1, 700.0), (10, 690.0)]}
    *_, last, growth = report_memory(memory).splitlines()
    assert last.split() == ["10", "95", "690"]
    assert growth == "from the first to the last, MiB: plug-in +5, engine -10"
