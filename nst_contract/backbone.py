"""The networks that can look at the pictures, by the values of the setting ``backbone``."""

from __future__ import annotations

from pathlib import Path

from nst_contract.errors import BAD_SETTING, WEIGHTS, NstError
from nst_contract.vgg_layers import VGG16_BLOCKS, choices

VGG19 = "vgg19"
_MINI = "mini-vgg16"


def layers_of(backbone: str) -> tuple[str, ...]:
    """Returns the layers that losses can be taken from.

    Raises:
        NstError: (bad-setting) if there is no such network.
    """
    if backbone == VGG19:
        return choices()
    file_of(backbone)
    return choices(VGG16_BLOCKS)


def file_of(backbone: str) -> Path | None:
    """Returns the file that holds the network; None if it is embedded.

    Raises:
        NstError: (bad-setting) if there is no such network.
    """
    kind, _, name = backbone.partition(":")
    if kind == _MINI and name:
        return Path(name).expanduser()
    if backbone != VGG19:
        raise NstError(
            BAD_SETTING,
            f"backbone is {backbone!r}, which is no network.",
            f"Choose {VGG19}, or {_MINI}:FILE with a file that nst train wrote.",
        )
    return None


def check(backbone: str) -> None:
    """Makes sure, before anything slow, that the network's file is there.

    Raises:
        NstError: (weights) if it is not.
    """
    path = file_of(backbone)
    if path and not path.is_file():
        raise NstError(
            WEIGHTS,
            f"There is no file {path} for the backbone.",
            "Check the spelling of its name, or train a network with nst train.",
        )
