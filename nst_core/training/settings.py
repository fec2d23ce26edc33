"""The settings of a training, defined in one place as for painting (nst_contract.settings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.setting_spec import Spec, check, setting
from nst_contract.settings import SPECS as PAINTING
from nst_contract.settings import Settings


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides how a network is trained. Frozen."""

    epochs: int = setting(
        30,
        "Epochs",
        "How many times the network sees every training picture. The learning rate follows one "
        "cycle over all epochs.",
        low=1,
        high=10000,
    )
    batch_size: int = setting(
        128,
        "Batch size",
        "How many pictures are used for each step.",
        low=2,  # one picture has no variance to normalise by
        high=65536,
    )
    width: int = setting(
        32,
        "Width",
        "Channels of the first block; the others have 2, 4, 8 and 8 times as many. VGG16 has 64, "
        "which takes four times as long as 32.",
        low=4,
        high=64,
    )
    learning_rate: float = setting(
        0.1,
        "Learning rate",
        "The highest rate in the cycle, for batches of 128 pictures; scaled in proportion for "
        "other batch sizes.",
        low=1e-6,
        high=10.0,
    )
    weight_decay: float = setting(
        5e-4,
        "Weight decay",
        "How strongly all weights are pulled towards zero.",
        high=1.0,
    )
    label_smoothing: float = setting(
        0.1,
        "Label smoothing",
        "The share of certainty that is spread over all classes.",
        high=0.9,
    )
    patience: int = setting(
        10,
        "Patience",
        "Training ends early after this many epochs without a better accuracy on the validation "
        "pictures. The best network is kept in any case.",
        low=1,
        high=10000,
    )
    seed: int = setting(
        0,
        "Seed",
        "Seed for the split, the initial weights, and the order and variations of the pictures.",
        high=PAINTING["seed"].high,
    )
    device: str = setting(
        Settings.device,
        "Device",
        PAINTING["device"].help,
        choices=PAINTING["device"].choices,
        numbered=PAINTING["device"].numbered,
    )
    precision: str = setting(
        Settings.precision,
        "Precision",
        "Number format of convolutions (automatic mixed precision); auto takes bfloat16 if it is "
        "faster in a short trial. The weights are always float32.",
        choices=PAINTING["precision"].choices,
    )
    threads: int = setting(
        Settings.threads, "Threads", PAINTING["threads"].help, high=PAINTING["threads"].high
    )

    def __post_init__(self) -> None:
        for name, spec in TRAINING_SPECS.items():
            check(name, spec, _DEFAULTS[name], getattr(self, name))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingSettings:
        """Returns settings from values by name: those of :meth:`as_dict`, or some of them.

        Raises:
            NstError: (bad-setting) if one is unknown or out of range.
        """
        unknown = set(values) - set(TRAINING_SPECS)
        if unknown:
            raise NstError(
                BAD_SETTING,
                f"There is no setting named {', '.join(sorted(unknown))}.",
                f"The settings are {', '.join(TRAINING_SPECS)}.",
            )
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Returns the name and value of every setting, ready for JSON."""
        return asdict(self)


TRAINING_SPECS: Mapping[str, Spec] = MappingProxyType(
    {f.name: f.metadata["spec"] for f in fields(TrainingSettings)}
)
_DEFAULTS = {f.name: f.default for f in fields(TrainingSettings)}
# These do not affect the network, except for rounding.
FREE_TO_CHANGE = ("device", "precision", "threads")
