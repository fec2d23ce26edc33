"""nst_core.networks.embedded_weights: found, checked, and read without running code."""

from __future__ import annotations

import hashlib
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nst_contract.errors import INSTALLATION, NstError
from nst_contract.platforms import installer
from nst_core.networks import embedded_weights
from nst_core.networks.embedded_weights import CAFFE, EmbeddedWeights, Weights
from tests.helpers.reference import Pastiche

# Output channels of the convolutions of configuration E (Simonyan and Zisserman 2015, table 1).
CHANNELS = [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8
NAMES = [
    f"conv{block}_{number}"
    for block, count in enumerate((2, 2, 4, 4, 4), start=1)
    for number in range(1, count + 1)
]


def test_the_sixteen_convolutions_of_the_paper_are_there(vgg19_weights: Weights) -> None:
    inputs = [3, *CHANNELS[:-1]]
    shapes = {name: tuple(kernel.shape) for name, (kernel, _) in vgg19_weights.convolutions.items()}
    assert shapes == {
        name: (outputs, channels, 3, 3)
        for name, outputs, channels in zip(NAMES, CHANNELS, inputs, strict=True)
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_is_the_same_as_pastiche_reads(
    name: str, vgg19_weights: Weights, pastiche: Pastiche
) -> None:
    theirs = getattr(pastiche.network, name.replace("conv", "block").replace("_", "_conv"))
    kernel, bias = vgg19_weights.convolutions[name]
    if name == "conv1_1":  # theirs takes blue first, ours red
        kernel = kernel.flip(1)
    assert torch.equal(kernel.double(), theirs.weight)
    assert torch.equal(bias.double(), theirs.bias)


def test_undamaged_weights_pass_the_check() -> None:
    embedded_weights.verify()


def test_the_code_of_the_distribution_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "pastiche"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "pastiche", None)  # importing it would now fail
    embedded_weights.verify()


def _flip_one_bit(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage", [_flip_one_bit, lambda data: data[:-1], lambda _: b""], ids=["bit", "short", "empty"]
)
@pytest.mark.parametrize("function", [embedded_weights.load, embedded_weights.verify])
def test_a_damaged_file_is_refused(damage, function, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    copy = tmp_path / "weights.bin"
    copy.write_bytes(damage(embedded_weights.locate().read_bytes()))
    with pytest.raises(NstError, match="damaged") as caught:
        function(replace(CAFFE, file=str(copy)))
    assert caught.value.code == INSTALLATION
    assert str(copy) in caught.value.message
    assert installer.SCRIPT in caught.value.advice


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (replace(CAFFE, file="pastiche/no-such-file.bin"), "no-such-file.bin"),
        (replace(CAFFE, file="pastiche"), "pastiche"),  # a folder
        (replace(CAFFE, distribution="no-such-distribution"), "no-such-distribution"),
    ],
    ids=["no file", "a folder", "no distribution"],
)
def test_missing_weights_are_reported_with_the_remedy(source: EmbeddedWeights, named: str) -> None:
    with pytest.raises(NstError) as caught:
        embedded_weights.load(source)
    assert caught.value.code == INSTALLATION
    assert named in caught.value.message
    assert installer.SCRIPT in caught.value.advice


class _Malicious:
    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._trace,)


def test_a_file_that_would_run_code_is_refused_even_with_the_right_checksum(
    tmp_path: Path,
) -> None:
    trace, file = tmp_path / "code-was-run", tmp_path / "weights.bin"
    torch.save({"block1_conv1_W_q": _Malicious(trace)}, file)
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(pickle.UnpicklingError):
        embedded_weights.load(replace(CAFFE, file=str(file), sha256=checksum))
    assert not trace.exists()
