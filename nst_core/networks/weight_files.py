"""Weights of VGG19 in files: which names they use, and how they expect pictures to be prepared.

The same names stand for different networks: ``features.0.weight`` may expect red, green and blue in
0..1, normalised, as torchvision's does, or blue, green and red in 0..255 minus their mean, as the
original of Simonyan and Zisserman does, which others have converted. docs/decisions.md lists the
layouts in use, and explains why they are told apart in this way.
"""

from __future__ import annotations

import errno
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.messages import Message
from nst_contract.vgg_layers import LAYERS
from nst_core.networks.calibration import calibrated
from nst_core.networks.embedded_weights import Weights, load
from nst_core.networks.normalization import NORMALIZATIONS
from nst_core.storage import file_kinds
from nst_core.storage.checksums import sha256_of_rest

# Output channels of each block's convolutions (Simonyan and Zisserman 2015, table 1).
_CHANNELS = {"1": 64, "2": 128, "3": 256, "4": 512, "5": 512}
# Filters of separately trained networks have nothing in common (a mean cosine near 0); those of
# copies, whether rescaled, rounded or trained further, point the same way.
_SAME_FILTERS = 0.9
_DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
_SHORT = 12  # how many hexadecimal digits of a checksum are enough in a name
_ANY_VGG19 = Message("Choose a complete state_dict of VGG19 without batch normalisation.")


def read(path: Path, kind: str | None, sha256: str) -> Weights:
    """Reads a torch or safetensors file that uses the names of torchvision or of Gatys et al.

    Args:
        path: the file. Anything in it besides the convolutions is ignored.
        kind: how pictures must be prepared, "caffe" or "torchvision"; None to find out.
        sha256: of the file; goes into the weights' name.

    Raises:
        NstError: (weights) if it cannot be read, holds no VGG19, or its kind cannot be found out.
    """
    found = _tensors(path)
    convolutions = _convolutions(path, found)
    embedded = load()
    kernel, bias = convolutions["conv1_1"]
    original, _ = embedded.convolutions["conv1_1"]
    as_it_is, turned = (_likeness(order, original) for order in (kernel, kernel.flip(1)))
    kind = kind or _kind(path, found, max(as_it_is, turned))
    # Caffe reads pictures blue first; in some converted files this has already been flipped.
    if kind == "caffe" and not as_it_is > max(turned, _SAME_FILTERS):
        convolutions["conv1_1"] = (kernel.flip(1), bias)
    name = f"{path.name} ({kind}, sha256 {sha256[:_SHORT]})"
    weights = Weights(name, convolutions, NORMALIZATIONS[kind])
    return calibrated(weights, embedded)


def checksum(path: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal digits.

    Raises:
        NstError: (weights) if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return sha256_of_rest(file).hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _kind(path: Path, found: Mapping[str, Any], likeness: float) -> str:
    """Finds out how pictures must be prepared.

    Args:
        found: what is in the file, by name.
        likeness: of its first filters to the original network's.
    """
    if likeness > _SAME_FILTERS:
        return "caffe"
    if _NAMES["torchvision"]["conv1_1"] + ".weight" in found:
        return "torchvision"
    raise NstError(
        WEIGHTS,
        Message("{path} does not say how its network expects pictures to be prepared.", path=path),
        Message(
            "Give it as caffe:{path} (blue first, 0 to 255 minus the mean) or as "
            "torchvision:{path} (red first, 0 to 1, normalised).",
            path=path,
        ),
    )


def _likeness(kernel: Tensor, original: Tensor) -> float:
    """Returns the mean cosine of the angle between corresponding filters of two kernels."""
    return float(cosine_similarity(kernel.flatten(1), original.flatten(1)).mean())


def _tensors(path: Path) -> Mapping[str, Any]:
    """Reads whatever is in the file, by name: only data, no code in it is run."""
    try:
        with path.open("rb") as file:
            is_safetensors = file.read(9)[8:] == b"{"
        if is_safetensors:
            found: Any = safetensors.torch.load_file(path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about files not written by torch
                found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make its reader fail in any way
        raise _refused(path, error) from error
    if not isinstance(found, Mapping):
        raise NstError(WEIGHTS, Message("{path} holds no named weights.", path=path), _ANY_VGG19)
    return found


def _refused(path: Path, error: Exception) -> NstError:
    text = str(error)
    code = re.search(r"GLOBAL ([\w.]+)", text)
    if code:
        return NstError(
            WEIGHTS,
            Message(
                "{path} holds program code ({code}), which is never run.", path=path, code=code[1]
            ),
            Message(
                "If you trust the file, save only its state_dict(), or save it as .safetensors."
            ),
        )
    if "legacy .tar format" in text:
        return NstError(
            WEIGHTS,
            Message(
                "{path} is in torch's format of 2016, which only program code in it can read.",
                path=path,
            ),
            Message("If you trust the file, load it and save its state_dict() again."),
        )
    return _unreadable(path, error)


_DOWNLOAD = Message("Copy it again from where it came from, or download it again.")
_CHOOSE = Message("Choose a file written by torch.save() or safetensors.")
# What is no archive or pickle of tensors, and what helps.
_NOT_THE_FILE = {
    file_kinds.GIT_LFS: Message("Fetch the weights themselves with: git lfs pull"),
    file_kinds.WEB_PAGE: Message("Download the file itself instead of the page that shows it."),
}
# The words of torch, pickle and safetensors for a file that ends too early.
_ENDS_EARLY = (
    "central directory", "not a ZIP archive", "EOF", "index out of range", "header too small",
    "header length", "not fully covered", "Invalid argument",
)  # fmt: skip
# How pickles begin; those of torch before 1.6 are nothing else.
_PICKLE = b"\x80"


def _unreadable(path: Path, error: Exception) -> NstError:
    """Returns the error of a file that holds no weights, or not whole ones."""
    why, advice = fault(path, error, _CHOOSE)
    return NstError(
        WEIGHTS, Message("The weights {path} cannot be read ({why}).", path=path, why=why), advice
    )


def fault(path: Path, error: Exception, choose: str) -> tuple[str, str]:
    """Returns what is wrong with a file of weights, and what helps.

    Args:
        error: what its reader raised. torch's words recommend to run whatever code is in the file,
            which nobody should.
        choose: what helps if it is another file than it should be.
    """
    if isinstance(error, PermissionError):
        why = Message("you have no permission to read it")
        return why, Message(
            "Change the permissions of the file or of its folder, or choose other weights."
        )
    # torch seeks beyond both ends of a file that is cut off.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return str(error.strerror), Message("Check the disk or the connection that it is on.")
    try:
        with path.open("rb") as file:
            head = file.read(file_kinds.HEAD)
    except OSError as unread:  # safetensors raises errors without a number
        return unread.strerror or str(unread), choose
    kind = file_kinds.kind_of(head)
    if kind == file_kinds.EMPTY:
        return Message("it is empty"), _DOWNLOAD
    # As safetensors and torch begin
    if head[8:9] == b"{" or head.startswith((_PICKLE, b"PK")):
        said = f"{type(error).__name__}: {error}"
        if any(words in said for words in _ENDS_EARLY):
            return Message("it is incomplete or damaged"), _DOWNLOAD
        return Message("it is damaged, or holds something else than weights"), choose
    if kind:
        return Message("it is {kind}", kind=file_kinds.named(kind)), _NOT_THE_FILE.get(kind, choose)
    return Message("it is damaged, or no file of weights"), choose


def _convolutions(path: Path, found: Mapping[str, Any]) -> dict[str, tuple[Tensor, Tensor]]:
    """Checks the kernel and bias of each convolution, and returns them by name, float32.

    Raises:
        NstError: (weights) if they are not those of VGG19.
    """
    if any(str(name).endswith("running_mean") for name in found):
        raise NstError(
            WEIGHTS, Message("{path} is a network with batch normalisation.", path=path), _ANY_VGG19
        )
    names = next((n for n in _NAMES.values() if n["conv1_1"] + ".weight" in found), None)
    if names is None:
        wanted = ", ".join(n["conv1_1"] + ".weight" for n in _NAMES.values())
        raise NstError(
            WEIGHTS, Message("{path} holds none of {wanted}.", path=path, wanted=wanted), _ANY_VGG19
        )
    convolutions, inputs = {}, 3
    for layer, name in names.items():
        outputs = _CHANNELS[layer[len("conv")]]
        convolutions[layer] = (
            _tensor(path, found, f"{name}.weight", (outputs, inputs, 3, 3)),
            _tensor(path, found, f"{name}.bias", (outputs,)),
        )
        inputs = outputs
    return convolutions


def _tensor(path: Path, found: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Tensor:
    value = found.get(name)
    if not isinstance(value, Tensor):
        fault = Message("{path} lacks {name}.", path=path, name=name)
    elif tuple(value.shape) != shape:
        fault = Message(
            "{path} has {name} of shape {shape} instead of {wanted}.",
            path=path,
            name=name,
            shape=_sides(value.shape),
            wanted=_sides(shape),
        )
    elif value.dtype not in _DTYPES or value.layout != torch.strided or value.is_meta:
        fault = Message(
            "{path} has {name} in an unusable form ({kind}).",
            path=path,
            name=name,
            kind=value.dtype,
        )
    elif not value.isfinite().all():
        fault = Message(
            "{path} has values in {name} that are not finite numbers.", path=path, name=name
        )
    else:
        return value.detach().to("cpu", torch.float32)
    raise NstError(WEIGHTS, fault, _ANY_VGG19)


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _torchvision_names() -> dict[str, str]:
    """Returns torchvision's name of each convolution: an index into its list of features, which
    has an entry for each convolution, each ReLU and each pooling.
    """
    names, index = {}, 0
    for layer in LAYERS:
        if layer.startswith("relu"):
            names[layer.replace("relu", "conv")] = f"features.{index}"
            index += 1
        index += 1
    return names


_NAMES = {
    "torchvision": _torchvision_names(),
    "gatys": {name: name for name in _torchvision_names()},
}
