"""The settings of a training, defined in one place as for painting (nst_contract.settings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.setting_spec import Spec, check, setting, specified
from nst_contract.settings import SPECS, Settings


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
        "How many pictures the network learns from in one step.",
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
        "The peak of its cycle, for batches of 128 pictures; for others it is in proportion.",
        low=1e-6,
        high=10.0,
    )
    weight_decay: float = setting(
        5e-4,
        "Weight decay",
        "How strongly all weights are drawn towards zero.",
        high=1.0,
    )
    label_smoothing: float = setting(
        0.1,
        "Label smoothing",
        "The share of certainty that is spread over all classes.",
        high=0.9,
    )
    patience: int = setting(
        3,
        "Patience",
        "Training ends early after this many epochs without a better accuracy on the validation "
        "pictures, counted once the learning rate has fallen below a tenth of its peak. The best "
        "network is kept in any case.",
        low=1,
        high=10000,
    )
    seed: int = setting(
        0,
        "Seed",
        "Seed of the split, of the first weights, and of order and variations of the pictures.",
        high=SPECS["seed"].high,
    )
    device: str = specified(Settings.device, SPECS["device"])
    precision: str = setting(
        Settings.precision,
        "Precision",
        "Number format of convolutions (automatic mixed precision); auto takes bfloat16 where "
        "it is quicker in a short trial. The weights are always float32.",
        choices=SPECS["precision"].choices,
    )
    threads: int = specified(Settings.threads, SPECS["threads"])

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
# Where it is computed does not change the network, except for rounding.
FREE_TO_CHANGE = ("device", "precision", "threads")
# What helps against a rate that is too high; the unfinished training stays, with its own rate.
LOWER_RATE = "Start again with a lower --learning-rate, and a different name for --out."
