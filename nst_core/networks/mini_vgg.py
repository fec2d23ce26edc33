"""The file of a mini VGG16 written by ``nst train``: its format, and how it becomes plain weights.

It is a safetensors file with the network's parameters, named as in
:class:`nst_core.training.model.MiniVgg`, and in the metadata whatever else belongs to them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from nst_contract.errors import WEIGHTS, NstError, first_line
from nst_contract.messages import Message
from nst_contract.vgg_layers import VGG16_BLOCKS, names
from nst_core.networks import weight_files
from nst_core.networks.embedded_weights import Weights, rescaled
from nst_core.networks.mini_vgg_kind import KIND
from nst_core.networks.normalization import Normalization
from nst_core.storage.atomic_files import writing
from nst_core.storage.disk_errors import disk_error

# Added to a variance before taking its square root.
EPSILON = 1e-5
# Gains of feature maps that are not rescaled.
UNCHANGED = {layer: 1.0 for layer in names(VGG16_BLOCKS) if layer.startswith("relu")}
# What batch normalisation has of each channel.
_NORM = ("weight", "bias", "running_mean", "running_var")
_SEAL = "sha256"
_VERSION = "2"
# How many hexadecimal digits of the checksum are enough to tell networks apart.
_DIGITS = 12
_REMEDY = Message("Choose a complete file that nst train wrote.")


class _Unfit(ValueError):
    """A file is none of ours, or not whole."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class NetworkFacts:
    """What a file says about its network.

    Attributes:
        mean, deviation: of the training pictures' red, green and blue, on the scale 0..1.
        gains: by layer ("relu1_1"), the factor for its feature maps in style transfer; see
            :mod:`nst_core.training.calibrate`.
        data: what it was trained on.
        accuracy: share of the test pictures, which it had never seen, that it classified correctly.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    gains: Mapping[str, float]
    data: str
    accuracy: float

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.deviation, *self.gains.values(), self.accuracy)
        if (
            len(self.mean) != 3
            or len(self.deviation) != 3
            or list(self.gains) != list(UNCHANGED)
            or not isinstance(self.data, str)
            or not all(isinstance(number, float) and math.isfinite(number) for number in numbers)
            or not all(value > 0 for value in (*self.deviation, *self.gains.values()))
        ):
            raise ValueError("what it says about its network is inconsistent")

    @property
    def normalization(self) -> Normalization:
        """The same for :class:`Normalization`, which scales first and subtracts second."""
        red, green, blue = zip(self.mean, self.deviation, strict=True)
        return Normalization(
            scale=(1 / red[1], 1 / green[1], 1 / blue[1]),
            mean=(red[0] / red[1], green[0] / green[1], blue[0] / blue[1]),
        )


def save(path: Path, parameters: Mapping[str, Tensor], about: NetworkFacts) -> None:
    """Writes a file, either completely or not at all.

    Args:
        path: the file; an existing one is replaced.
        parameters: the ``state_dict`` of a :class:`nst_core.training.model.MiniVgg`.
        about: what to say about it.

    Raises:
        NstError: (disk) if it cannot be written.
    """
    tensors = {
        name: value.detach().to("cpu", torch.float32).contiguous()
        for name, value in parameters.items()
        if value.is_floating_point()  # the others count batches
    }
    metadata = {
        "kind": KIND,
        "version": _VERSION,
        "blocks": json.dumps(VGG16_BLOCKS),
        **{name: json.dumps(value) for name, value in asdict(about).items()},
    }
    try:
        with writing(path) as file:
            file.write(safetensors.torch.save(tensors, sealed(metadata, tensors)))
    except OSError as error:
        raise disk_error(f"The weights {path}", error) from error


def sealed(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> dict[str, str]:
    """Returns the metadata with the SHA-256 of all that they and the parameters say."""
    said = {name: value for name, value in metadata.items() if name != _SEAL}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    digest.update(_checksum(tensors).encode())
    return {**said, _SEAL: digest.hexdigest()}


def read(path: Path) -> tuple[dict[str, Tensor], NetworkFacts]:
    """Reads a file.

    Returns:
        The parameters by name, float32, and what the file says about them.

    Raises:
        NstError: (weights) if it cannot be read, is a different kind of file, or is damaged.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("kind") != KIND:
            raise _Unfit(Message("nst train has not written it"))
        if metadata["version"] != _VERSION or tuple(json.loads(metadata["blocks"])) != VGG16_BLOCKS:
            raise _Unfit(Message("it was written by another version"))
        if sealed(metadata, tensors)[_SEAL] != metadata[_SEAL]:
            raise _Unfit(Message("it is damaged: wrong checksum"))
        return tensors, _about(metadata)
    except (OSError, safetensors.SafetensorError) as error:
        why, advice = weight_files.fault(path, error, _REMEDY)
        raise _unreadable(
            path, why, advice if isinstance(error, PermissionError) else ""
        ) from error
    except _Unfit as error:
        raise _unreadable(path, error.why) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(path, first_line(error)) from error


def _unreadable(path: Path, why: str, advice: str = "") -> NstError:
    message = Message("{path} cannot be read as a mini VGG16 ({why}).", path=path, why=why)
    return NstError(WEIGHTS, message, advice or _REMEDY)


def load(path: Path) -> Weights:
    """Reads a file as plain convolutions, for style transfer.

    Raises:
        NstError: (weights) as for :func:`read`.
    """
    parameters, about = read(path)
    try:
        _check_shapes(parameters)
    except KeyError as error:
        raise NstError(
            WEIGHTS, Message("{path} lacks {part}.", path=path, part=error.args[0]), _REMEDY
        ) from error
    except ValueError as error:
        raise NstError(
            WEIGHTS, Message("{path} is no mini VGG16: {error}.", path=path, error=error), _REMEDY
        ) from error
    convolutions = folded(parameters, about.gains)
    name = f"mini-vgg16 ({path.name}, {_identity(parameters, about)[:_DIGITS]})"
    return Weights(name, convolutions, about.normalization, gains=about.gains)


def folded(
    parameters: Mapping[str, Tensor], gains: Mapping[str, float]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Folds batch normalisation and rescaling into the convolutions; the result is exact.

    In inference, batch normalisation is linear, with the mean m and variance v found in training
    (Ioffe and Szegedy 2015, algorithm 2): g (Kx - m) / sqrt(v + eps) + b, for each channel. For
    the rescaling see :func:`nst_core.networks.embedded_weights.rescaled`.

    Args:
        parameters: of a batch-normalised VGG, by name.
        gains: the factor of each ReLU layer, in the network's order.

    Returns:
        By name ("conv1_1"), the kernel (out, in, 3, 3) and the bias (out,), float32.
    """
    convolutions = {}
    for layer in gains:
        convolution, norm = (layer.replace("relu", kind) for kind in ("conv", "norm"))
        kernel, weight, bias, mean, variance = (
            parameters[name].double()
            for name in (f"{convolution}.weight", *(f"{norm}.{name}" for name in _NORM))
        )
        factor = weight / (variance + EPSILON).sqrt()
        convolutions[convolution] = kernel * factor[:, None, None, None], bias - mean * factor
    return {
        name: (kernel.float(), bias.float())
        for name, (kernel, bias) in rescaled(convolutions, gains).items()
    }


def _check_shapes(parameters: Mapping[str, Tensor]) -> None:
    """Raises KeyError or ValueError unless these are a VGG16's parameters, whatever its width."""
    inputs = 3
    for layer in UNCHANGED:
        convolution, norm = (layer.replace("relu", kind) for kind in ("conv", "norm"))
        kernel = f"{convolution}.weight"
        outputs = len(parameters[kernel]) if parameters[kernel].dim() else 0
        shapes = dict.fromkeys((f"{norm}.{name}" for name in _NORM), (outputs,))
        for name, shape in {kernel: (outputs, inputs, 3, 3), **shapes}.items():
            value = parameters[name]
            if not outputs or tuple(value.shape) != shape:
                raise ValueError(f"{name} has the shape {tuple(value.shape)}")
            if not value.is_floating_point() or not value.isfinite().all():
                raise ValueError(f"{name} holds something else than finite numbers")
        inputs = outputs


def _about(metadata: Mapping[str, str]) -> NetworkFacts:
    found: dict[str, Any] = {
        name: json.loads(metadata[name]) for name in NetworkFacts.__annotations__
    }
    for name in ("mean", "deviation"):
        found[name] = tuple(found[name])
    return NetworkFacts(**found)


def _identity(parameters: Mapping[str, Tensor], about: NetworkFacts) -> str:
    """Returns the SHA-256 of all that decides what is painted with a network."""
    used = [_checksum(parameters), about.mean, about.deviation, *about.gains.items()]
    return hashlib.sha256(json.dumps(used).encode()).hexdigest()


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()
