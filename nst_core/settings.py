"""Settings of one stylization, written down once.

The command line makes its options, the worker its checks and the GIMP dialog its widgets from
the fields of :class:`Settings`; nobody repeats a default, a range or a help text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from nst_core.errors import BAD_SETTING, NstError

# VGG19 halves the picture four times before relu5_1: below 16 pixels nothing is left of it.
MIN_SIDE = 16
MAX_SIZE = 8192
# Evaluations between two checkpoints, where a run is to save any.
CHECKPOINT_EVERY = 10


@dataclass(frozen=True)
class Spec:
    """What people and programs must know of one setting.

    Attributes:
        label: its name in a dialog.
        help: one or two sentences, for ``--help`` and for tooltips.
        low, high: the allowed range of a number, both ends included.
        choices: the allowed words of a choice.
        numbered: the choices that a number may follow, as in "cuda:1".
    """

    label: str
    help: str
    low: float = 0
    high: float = math.inf
    choices: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()


def _setting(default: Any, label: str, help_text: str, **limits: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(label, help_text, **limits)})


@dataclass(frozen=True)
class Settings:
    """All that decides how a picture is painted. Frozen: change one with ``replace``."""

    preset: str = _setting(
        "normal",
        "Preset",
        "The set of values that options not given are taken from.",
        choices=("draft", "normal", "fine", "gatys"),
    )
    size: int = _setting(
        0,
        "Size",
        "Long side, in pixels, at which the picture is painted. Larger shows finer strokes and "
        "takes longer. 0 takes the content's own, at most what the preset allows.",
        high=MAX_SIZE,
    )
    coarsest: int = _setting(
        512,
        "Coarsest scale",
        "Long side, in pixels, of the scale that painting starts from; finer scales follow. The "
        "strokes get the size they have in a picture this large. 0 paints at one scale only.",
        high=MAX_SIZE,
    )
    evaluations: int = _setting(
        100,
        "Evaluations",
        "How often the objective and its gradient are evaluated at the coarsest scale; each "
        "finer scale gets a third of the one before. More brings the result closer to the style "
        "and takes proportionally longer.",
        high=10000,
    )
    content_weight: float = _setting(
        1.0,
        "Content weight",
        "Weight of the content loss: more keeps more of the photograph.",
        high=1e6,
    )
    style_weight: float = _setting(
        1000.0,
        "Style weight",
        "Weight of the style loss: more brings out the painting.",
        high=1e9,
    )
    style_scale: float = _setting(
        1.0,
        "Style scale",
        "Size of the style relative to the content: 1 gives both the same long side, more gives "
        "larger strokes.",
        low=0.1,
        high=4.0,
    )
    start: str = _setting(
        "recolored",
        "Start",
        "The picture that painting starts from: the content, or the content recoloured to the "
        "style's mean and covariance, which needs fewer evaluations.",
        choices=("content", "recolored"),
    )
    fourier_exponent: float = _setting(
        0.5,
        "Fourier exponent",
        "The basis that L-BFGS works in: amplitudes fall off with frequency^-exponent. It changes "
        "how soon a loss is reached, not the objective. 0 is plain pixels.",
        high=1.0,
    )
    unbounded: bool = _setting(
        False,
        "Unbounded",
        "Let colours leave the range that can be shown, as the published method does. Saving "
        "clips them, so that the saved picture has a higher loss than the optimised one.",
    )
    seed: int = _setting(
        0,
        "Seed",
        "Seed of the random numbers; kept with the result so that it can be repeated.",
        high=2**31 - 1,
    )
    device: str = _setting(
        "auto",
        "Device",
        "Where to compute, by torch's names (cuda is for AMD's cards too; cuda:1 is the second "
        "card); auto takes the fastest that works.",
        choices=("auto", "cpu", "cuda", "mps", "xpu"),
        numbered=("cuda", "xpu"),
    )
    precision: str = _setting(
        "auto",
        "Precision",
        "Number format of the network's feature maps; auto takes bfloat16 where the hardware "
        "multiplies it fast, float32 elsewhere. Losses and the picture are always float32.",
        choices=("auto", "float32", "bfloat16"),
    )
    memory: float = _setting(
        0.0,
        "Memory",
        "How much memory may be taken, in GiB; a picture that needs more is computed in tiles, "
        "which changes nothing but the time. 0 takes a share of what is free.",
        high=4096.0,
    )
    threads: int = _setting(
        0,
        "Threads",
        "How many threads compute on the CPU. 0 takes one for each core.",
        high=1024,
    )

    def __post_init__(self) -> None:
        for name, spec in SPECS.items():
            _check(name, spec, getattr(self, name))
        for name in ("size", "coarsest"):
            value = getattr(self, name)
            if 0 < value < MIN_SIDE:
                raise NstError(
                    BAD_SETTING,
                    f"{name} is {value}, but the network needs at least {MIN_SIDE} pixels.",
                    f"Choose 0 or a size from {MIN_SIDE} up.",
                )

    @classmethod
    def from_preset(cls, name: str, /, **overrides: Any) -> Settings:
        """Returns the preset's settings with some values replaced.

        Raises:
            NstError: if the preset or a setting is unknown, or a value is out of range.
        """
        _check("preset", SPECS["preset"], name)
        unknown = set(overrides) - set(SPECS)
        if unknown:
            raise NstError(
                BAD_SETTING,
                f"There is no setting named {', '.join(sorted(unknown))}.",
                f"The settings are {', '.join(SPECS)}.",
            )
        return replace(cls(), preset=name, **{**PRESETS[name].values, **overrides})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Returns the settings of values by name: those of :meth:`as_dict`, or some of them.

        Raises:
            NstError: as :meth:`from_preset`, whose preset is the default one if none is named.
        """
        given = dict(values)
        return cls.from_preset(given.pop("preset", cls().preset), **given)

    def as_dict(self) -> dict[str, Any]:
        """Returns name and value of every setting, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Preset:
    """A named set of values.

    Attributes:
        description: what they are meant for.
        values: where they differ from the defaults.
        max_size: the long side, in pixels, that size 0 does not exceed.
    """

    description: str
    values: Mapping[str, Any]
    max_size: int


SPECS: Mapping[str, Spec] = MappingProxyType({f.name: f.metadata["spec"] for f in fields(Settings)})

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "draft": Preset(
            "a first look, at most 512 pixels, in under a minute",
            MappingProxyType({"evaluations": 40}),
            max_size=512,
        ),
        "normal": Preset(
            "a finished picture of up to 1024 pixels",
            MappingProxyType({}),
            max_size=1024,
        ),
        "fine": Preset(
            "the content's full resolution and twice the evaluations, for printing",
            MappingProxyType({"evaluations": 200}),
            max_size=MAX_SIZE,
        ),
        "gatys": Preset(
            "start, weights, evaluations and single scale of the PyTorch notebook that Gatys et "
            "al. published; with unbounded, exactly its method",
            MappingProxyType(
                {"evaluations": 500, "coarsest": 0, "start": "content", "fourier_exponent": 0.0}
            ),
            max_size=1024,
        ),
    }
)


def _check(name: str, spec: Spec, value: Any) -> None:
    """Raises NstError unless ``value`` has the setting's type and lies in its range."""
    if spec.choices:
        if not _is_choice(spec, value):
            raise NstError(
                BAD_SETTING,
                f"{name} is {value!r}, which is not one of its choices.",
                f"Choose one of {', '.join(spec.choices)}.",
            )
        return
    default: object = Settings.__dataclass_fields__[name].default
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise NstError(BAD_SETTING, f"{name} is {value!r}.", "Give true or false.")
        return
    whole = isinstance(default, int)
    # bool is an int to Python, but never a number to a user; NaN fails every comparison.
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "a whole number" if whole else "a number"
        raise NstError(BAD_SETTING, f"{name} is {value!r}.", f"Give {kind}.")
    if not spec.low <= value <= spec.high:
        raise NstError(
            BAD_SETTING,
            f"{name} is {value}, which is out of range.",
            f"Choose a value from {spec.low:g} to {spec.high:g}.",
        )


def _is_choice(spec: Spec, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    word, colon, number = value.partition(":")
    if colon:
        return word in spec.numbered and number.isdecimal()
    return value in spec.choices
