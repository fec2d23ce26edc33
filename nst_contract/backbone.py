"""The networks that can see the pictures: the choices of the setting ``backbone``."""

from __future__ import annotations

import os

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.messages import Message
from nst_contract.setting_spec import Choice
from nst_contract.vgg_layers import VGG16_BLOCKS, choices

VGG19 = "vgg19"
# Stands before the file of a network that nst train wrote.
MINI_VGG16 = "mini-vgg16"


def layers_of(backbone: Choice) -> tuple[str, ...]:
    """Returns the layers that losses can be taken from."""
    return choices(VGG16_BLOCKS) if backbone.word == MINI_VGG16 else choices()


def check(backbone: Choice) -> None:
    """Makes sure, before anything slow, that the network's file is there.

    Raises:
        NstError: (weights) if it is not.
    """
    # Unlike Path.is_file, it answers for names that no file can have, too.
    if backbone.file is not None and not os.path.isfile(backbone.file):  # noqa: PTH113
        raise NstError(
            WEIGHTS,
            Message("There is no file {file} for the backbone.", file=backbone.file),
            Message("Check the spelling of its name, or train a network with nst train."),
        )
