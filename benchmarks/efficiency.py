"""How well the engine uses the processor: one evaluation against what the same machine can do.

Only VGG19's convolutions are counted, with 2 operations for each multiply-add of the definition.
See README.md in this folder.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import common

if TYPE_CHECKING:
    from nst_core.networks.embedded_weights import Weights

_COLOURS = 3
_KERNEL = 3 * 3
_EVALUATION = "evaluation"


@dataclass(frozen=True)
class Convolution:
    """One layer's convolution: its name, its channels, and the size of its feature maps."""

    name: str
    inputs: int
    outputs: int
    height: int
    width: int

    @property
    def flops(self) -> int:
        """Operations of the forward pass, by the definition: edges count like the middle.

        The backward pass with respect to the data takes the same number: it is a convolution with
        inputs and outputs exchanged.
        """
        return 2 * _KERNEL * self.inputs * self.outputs * self.height * self.width


def convolutions(weights: Weights, height: int, width: int) -> list[Convolution]:
    """Returns the convolutions that an evaluation computes, up to the last layer it uses."""
    from nst_contract.settings import Settings
    from nst_contract.vgg_layers import LAYERS, stride

    found = []
    *_, last = Settings.from_preset("gatys").style_layer_weights
    for layer in LAYERS[: LAYERS.index(last) + 1]:
        if layer.startswith("relu"):
            name = layer.replace("relu", "conv")
            outputs, inputs = weights.convolutions[name][0].shape[:2]
            factor = stride(layer)
            found.append(Convolution(name, inputs, outputs, height // factor, width // factor))
    return found


def evaluation_flops(layers: list[Convolution]) -> int:
    """Returns the operations of one evaluation: forwards, and backwards only for the data.

    The weights are fixed, so nothing is computed for them. The backward pass goes down to the
    pixels, including conv1_1. Gram matrices, pooling, ReLU and L-BFGS are not counted.
    """
    return 2 * sum(layer.flops for layer in layers)


def main() -> None:
    options = _parser().parse_args()
    common.compute_as_nst()
    from nst_core.networks import embedded_weights
    from nst_core.networks.device import choose_device

    print(common.machine())
    placement = choose_device("cpu", options.precision)
    loaded = embedded_weights.load()
    layers = convolutions(loaded, options.size, options.size)
    work: dict[str, Callable[[], object]] = {
        **_products(options.matrix),
        **_each_alone(layers, loaded, placement.precision),
        _EVALUATION: _evaluation(loaded, placement.precision, options.size),
    }
    seconds = _best(work, options.rounds)
    print(
        f"precision {placement.precision}, {options.size} x {options.size} pixels, "
        f"best of {options.rounds} alternations\n"
    )
    print(_table(layers, seconds))
    print(f"\n{_summary(layers, seconds, options.matrix, placement.precision)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="side of the square picture")
    parser.add_argument("--rounds", type=int, default=5, help="alternations; the best counts")
    parser.add_argument("--matrix", type=int, default=4096, help="side of the matrices multiplied")
    common.add_precision(parser)
    return parser


def _products(side: int) -> dict[str, Callable[[], object]]:
    """Returns matrix products, which processors' libraries compute faster than anything else.

    One in bfloat16 would take minutes where the processor cannot multiply it.
    """
    import torch

    from nst_core.networks.device import multiplies_bfloat16_fast

    products: dict[str, Callable[[], object]] = {}
    for name in ("float32", "bfloat16") if multiplies_bfloat16_fast("cpu") else ("float32",):
        left, right = (torch.rand(side, side).to(getattr(torch, name)) for _ in range(2))
        products[name] = functools.partial(torch.mm, left, right)
    return products


def _each_alone(
    layers: list[Convolution], weights: Weights, precision: str
) -> dict[str, Callable[[], object]]:
    """Returns the forward pass of each convolution, with the same memory layout as the engine."""
    import torch
    import torch.nn.functional as F  # noqa: N812 (torch's own convention)

    def forward(layer: Convolution) -> Callable[[], object]:
        dtype, channels_last = getattr(torch, precision), torch.channels_last
        maps = torch.rand(1, layer.inputs, layer.height, layer.width)
        maps = maps.to(dtype, memory_format=channels_last)
        kernel, bias = weights.convolutions[layer.name]
        kernel, bias = kernel.to(dtype, memory_format=channels_last), bias.to(dtype)
        return lambda: F.conv2d(maps, kernel, bias, padding=1)

    return {layer.name: forward(layer) for layer in layers}


def _evaluation(weights: Weights, precision: str, size: int) -> Callable[[], object]:
    """Returns an evaluation of the whole objective, as the engine does it."""
    import torch

    from nst_contract.settings import Settings
    from nst_core.masks.regions import everywhere
    from nst_core.networks.vgg import Vgg
    from nst_core.objective.whole import WholeObjective

    network = Vgg(weights, torch.device("cpu"), getattr(torch, precision))
    content, style, image = (torch.rand(1, _COLOURS, size, size) for _ in range(3))
    objective = WholeObjective(network, content, everywhere(style), Settings.from_preset("gatys"))
    return lambda: objective.evaluate(image)


def _best(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Returns the shortest time of each, taking turns so that other programs disturb all alike.

    At each turn the second time counts: a run makes one evaluation after another, and finds its
    memory as the one before has left it.
    """
    import torch

    best = dict.fromkeys(work, float("inf"))
    # The first time does not count, because torch then chooses and prepares its kernels.
    for is_warm in (False, *rounds * [True]):
        for name, do in work.items():
            with torch.set_grad_enabled(name == _EVALUATION):
                do()
                started = time.perf_counter()
                do()
                took = time.perf_counter() - started
            if is_warm:
                best[name] = min(best[name], took)
    return best


def _table(layers: list[Convolution], seconds: dict[str, float]) -> str:
    headings = ("layer", "channels", "maps", "GFLOP", "ms", "GFLOP/s")
    rows = [
        [
            layer.name,
            f"{layer.inputs} -> {layer.outputs}",
            f"{layer.width} x {layer.height}",
            f"{layer.flops / 1e9:.3f}",
            f"{seconds[layer.name] * 1e3:.2f}",
            f"{_rate(layer, seconds) / 1e9:.1f}",
        ]
        for layer in layers
    ]
    flops = sum(layer.flops for layer in layers)
    total = sum(seconds[layer.name] for layer in layers)
    rate = f"{flops / total / 1e9:.1f}"
    rows.append(["forward", "", "", f"{flops / 1e9:.3f}", f"{total * 1e3:.2f}", rate])
    return common.table(headings, rows)


def _rate(layer: Convolution, seconds: dict[str, float]) -> float:
    return layer.flops / seconds[layer.name]


def _summary(
    layers: list[Convolution], seconds: dict[str, float], matrix: int, precision: str
) -> str:
    flops = evaluation_flops(layers)
    achieved = flops / seconds[_EVALUATION]
    products = {
        name: 2 * matrix**3 / seconds[name] for name in ("float32", "bfloat16") if name in seconds
    }
    best = max(layers, key=lambda layer: _rate(layer, seconds))
    lines = [
        f"evaluation: {flops / 1e9:.3f} GFLOP forward and backward in "
        f"{seconds[_EVALUATION] * 1e3:.1f} ms: {achieved / 1e9:.1f} GFLOP/s in {precision}",
        *(
            f"(i) over the {name} matrix product of {matrix} x {matrix} "
            f"({rate / 1e9:.1f} GFLOP/s): ratio {achieved / rate:.3f}"
            for name, rate in products.items()
        ),
        f"(ii) over the best single convolution, {best.name} "
        f"({_rate(best, seconds) / 1e9:.1f} GFLOP/s): ratio {achieved / _rate(best, seconds):.3f}",
        "Operations are counted by the definition; a minimal-filtering (Winograd) algorithm needs "
        "fewer,\nso nominal rates may exceed what was computed, and a ratio may exceed 1.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
