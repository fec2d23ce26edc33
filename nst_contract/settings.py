"""The settings of one stylization, written down once.

The command line makes its options, the worker its checks and the GIMP dialog its widgets from
the fields of :class:`Settings`; no default, range or help text is repeated elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from nst_contract.backbone import MINI_VGG16, VGG19, layers_of
from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.messages import Message
from nst_contract.setting_spec import Choice, Spec, check, setting
from nst_contract.vgg_layers import layer_weights

# VGG19 halves the picture four times before relu5_1: below 16 pixels nothing is left of it.
MIN_SIDE = 16
# A gigapixel: what there is memory for is a question of its own.
MAX_SIZE = 32768
# The style loss that compares pictures place by place; all others compare statistics of the whole.
NEIGHBORS = "neighbors"
# What neighbours start from and look at, and the layers that the published method looks at.
_COARSEST = 64
_FOUR_LAYERS = "relu1_1,relu2_1,relu3_1,relu4_1"
_FIVE_LAYERS = f"{_FOUR_LAYERS},relu5_1"
# The strength from which on nothing is taken from the photograph but what suits the painting, and
# what is protected.
FULLY_PAINTED = 0.7
# What the setting ``protect`` may say.
SUBJECT, FACES, NOTHING = "subject", "faces", "nothing"
# Evaluations between two checkpoints, where a run is to save any.
CHECKPOINT_EVERY = 10


@dataclass(frozen=True)
class Settings:
    """Everything that decides how a picture is painted. Frozen: change one with ``replace``."""

    preset: str = setting(
        "normal",
        "Preset",
        "Gives the values of all settings that are not given.",
        choices=("draft", "normal", "fine", "gatys"),
    )
    size: int = setting(
        0,
        "Size",
        "Long side, in pixels, at which the picture is painted. Larger shows finer strokes and "
        "takes longer. 0 takes the photograph's own size, up to the preset's limit.",
        high=MAX_SIZE,
    )
    coarsest: int = setting(
        _COARSEST,
        "Coarsest scale",
        "Long side, in pixels, of the scale that painting starts from; finer scales follow. With "
        "another style loss than neighbors, the strokes get the size they have in a picture this "
        "large. 0 paints at one scale only.",
        high=MAX_SIZE,
    )
    evaluations: int = setting(
        100,
        "Evaluations",
        "How often the objective and its gradient are evaluated at the coarsest scale; each "
        "finer scale gets five eighths of the one before, or a third with another style loss than "
        "neighbors. Large scales, which start from the painting's own strokes, make do with a "
        "third of theirs. More brings the result closer to the style and takes proportionally "
        "longer.",
        high=10000,
    )
    content_weight: float = setting(
        1.0,
        "Content weight",
        "Weight of the content loss: more keeps more of the photograph. With the style loss "
        "neighbors, it has no effect; nor have style weight and content layers.",
        high=1e6,
    )
    style_weight: float = setting(
        1000.0,
        "Style weight",
        "Weight of the style loss: more brings out the painting.",
        high=1e9,
    )
    content_layers: str = setting(
        "relu4_2",
        "Content layers",
        "Layers whose feature maps represent the content, with weights if they differ: "
        "relu4_2 or relu3_2:1,relu4_2:2. Earlier layers keep more detail.",
        is_layers=True,
    )
    style_layers: str = setting(
        _FOUR_LAYERS,
        "Style layers",
        "Layers whose feature maps represent the style, with weights if they differ: "
        "relu1_1,relu2_1:0.5. Earlier layers capture colour and grain, later ones strokes and "
        "shapes.",
        is_layers=True,
    )
    style_loss: str = setting(
        NEIGHBORS,
        "Style loss",
        "How the styles of two pictures are compared: place by place (neighbors), so that each "
        "place of the photograph comes to look like the place of the painting that suits it; or "
        "as a whole, by their Gram matrices (gram), by these and the mean and deviation of each "
        "feature map (moments), or by the Wasserstein-2 distance between the normal distributions "
        "of their features (wasserstein).",
        choices=(NEIGHBORS, "gram", "moments", "wasserstein"),
    )
    strength: float = setting(
        FULLY_PAINTED,
        "Style strength",
        "From photograph to painting, with the style loss neighbors (Place by place): near 0, the "
        "photograph is touched by the brush; at 1, the painter hardly looked at the subject.",
        high=1.0,
    )
    balance: float = setting(
        1.0,
        "Balance",
        "How much of the painting must be used, with the style loss neighbors (Place by place): at "
        "0, each place takes what is most like it, however often that has been taken; at 1, all "
        "parts of the painting are used equally.",
        high=1.0,
    )
    orientations: str = setting(
        "upright",
        "Orientations",
        "How the painting may be used, with the style loss neighbors (Place by place): as it is "
        "(upright), by quarter turns as well (turned), or also mirrored (mirrored). Strokes then "
        "go along with the subject in more directions; it takes more time and memory.",
        choices=("upright", "turned", "mirrored"),
    )
    gram_share: float = setting(
        0.8,
        "Share of Gram matrices",
        "Weight of Gram matrices, means and deviations beside the distance to the neighbours, with "
        "the style loss neighbors (Place by place): more makes the strokes bolder, less keeps "
        "more of the photograph.",
        high=10.0,
    )
    protect: str = setting(
        SUBJECT,
        "Protect",
        "What stays closer to the photograph, with the style loss neighbors (Place by place): what "
        "stands out from the rest of it, and faces above all (subject); faces alone; or nothing.",
        choices=(SUBJECT, FACES, NOTHING),
    )
    pooling: str = setting(
        "max",
        "Pooling",
        "How the network halves its feature maps: by their maximum, as in training, or by their "
        "average, which is smoother.",
        choices=("max", "average"),
    )
    tv_weight: float = setting(
        0.0,
        "Smoothness",
        "Weight of the total variation: more makes the picture smoother and removes noise.",
        high=1e6,
    )
    backbone: str = setting(
        VGG19,
        "Backbone",
        "The network that sees the pictures: vgg19, or mini-vgg16:FILE for a small network of "
        "your own, which nst train wrote to FILE.",
        choices=(VGG19,),
        files=(MINI_VGG16,),
    )
    weights: str = setting(
        "caffe",
        "Weights",
        "The trained weights of VGG19: caffe, which is built in; torchvision, once it is "
        "downloaded (nst weights download torchvision); or a file: FILE, or caffe:FILE or "
        "torchvision:FILE to say how pictures must be prepared for it.",
        choices=("caffe", "torchvision"),
        files=("", "caffe", "torchvision"),
    )
    style_scale: float = setting(
        1.0,
        "Stroke size",
        "Size of the painting relative to the photograph: 1 gives both the same long side, more "
        "gives larger strokes.",
        low=0.1,
        high=4.0,
    )
    color: str = setting(
        "style",
        "Colours",
        "Whose colours the result has: the painting's (style); the photograph's, with only the "
        "lightness painted (luminance); or the photograph's throughout, after recolouring the "
        "painting to match their mean and covariance (linear) or the histogram of each channel "
        "(histogram).",
        choices=("style", "luminance", "linear", "histogram"),
    )
    color_strength: float = setting(
        1.0,
        "Colour strength",
        "How far the photograph's colours are kept, unless the result has the painting's: 0 is "
        "not at all, 1 is completely.",
        high=1.0,
    )
    start: str = setting(
        "recolored",
        "Start",
        "The picture that painting starts from: the photograph (content); the photograph in the "
        "painting's colours, by their mean and covariance (recolored), which needs fewer "
        "evaluations; noise; noise in the painting's colours (style-noise); or a picture of your "
        "own (picture).",
        choices=("content", "recolored", "noise", "style-noise", "picture"),
    )
    optimizer: str = setting(
        "lbfgs",
        "Optimiser",
        "How the picture is optimised: by L-BFGS, or by Adam with averaged iterates, which needs "
        "more evaluations and less memory.",
        choices=("lbfgs", "adam"),
    )
    fourier_exponent: float = setting(
        0.5,
        "Fourier exponent",
        "The basis that L-BFGS works in: amplitudes fall off with frequency^-exponent. It changes "
        "how fast the loss falls, not the objective. 0 works on plain pixels.",
        high=1.0,
    )
    unbounded: bool = setting(
        False,
        "Unbounded",
        "Lets colours leave the range that can be shown, as the published method does. Saving "
        "clips them, so the saved picture has a higher loss than the optimised one.",
    )
    seed: int = setting(
        0,
        "Seed",
        "Seed of the random numbers; kept with the result, so that it can be repeated.",
        high=2**31 - 1,
    )
    device: str = setting(
        "auto",
        "Device",
        "The device to compute on, by torch's name for it (cuda is for AMD's cards, too; cuda:1 "
        "is the second card); auto takes the fastest one that works.",
        choices=("auto", "cpu", "cuda", "mps", "xpu"),
        numbered=("cuda", "xpu"),
    )
    precision: str = setting(
        "auto",
        "Precision",
        "Number format of the network's feature maps; auto takes bfloat16 where the hardware "
        "multiplies it fast, float32 elsewhere. Losses and the picture are always float32.",
        choices=("auto", "float32", "bfloat16"),
    )
    memory: float = setting(
        0.0,
        "Memory",
        "How much memory may be used, in GiB. A picture that needs more is painted in smaller "
        "parts, which takes longer and may change details. 0 uses a share of what is free.",
        high=4096.0,
    )
    threads: int = setting(
        0,
        "Threads",
        "How many threads compute on the CPU. 0 uses one per core.",
        high=1024,
    )

    def __post_init__(self) -> None:
        for name, spec in SPECS.items():
            check(name, spec, _DEFAULTS[name], getattr(self, name))
        _ = self.content_layer_weights, self.style_layer_weights  # parsing them checks them
        if self.backbone_choice.file and self.weights != _DEFAULTS["weights"]:
            raise NstError(
                BAD_SETTING,
                Message(
                    "weights is {weights!r}, which is for {network}, but backbone is {backbone!r}.",
                    weights=self.weights,
                    network=VGG19,
                    backbone=self.backbone,
                ),
                Message("Leave one of them out."),
            )
        for name in ("size", "coarsest"):
            value = getattr(self, name)
            if 0 < value < MIN_SIDE:
                raise NstError(
                    BAD_SETTING,
                    Message(
                        "{setting} is {value}, but the network needs at least {least} pixels.",
                        setting=name,
                        value=value,
                        least=MIN_SIDE,
                    ),
                    Message("Choose 0 or a size from {least} up.", least=MIN_SIDE),
                )

    @cached_property
    def backbone_choice(self) -> Choice:
        """The network, as a word and a file."""
        return SPECS["backbone"].parse("backbone", self.backbone)

    @cached_property
    def weights_choice(self) -> Choice:
        """The weights of VGG19, as a word and a file."""
        return SPECS["weights"].parse("weights", self.weights)

    @cached_property
    def content_layer_weights(self) -> Mapping[str, float]:
        """The weight of each content layer, in the order of the network."""
        return self._layer_weights("content_layers")

    @cached_property
    def style_layer_weights(self) -> Mapping[str, float]:
        """The weight of each style layer, in the order of the network."""
        return self._layer_weights("style_layers")

    @cached_property
    def is_rounded_alike(self) -> bool:
        """Whether everything is computed so that all systems round it alike.

        A choice of places may hang on the last bit. The losses that choose nothing are computed as
        they always were.
        """
        return self.style_loss == NEIGHBORS

    def _layer_weights(self, name: str) -> Mapping[str, float]:
        known = layers_of(self.backbone_choice)
        return MappingProxyType(layer_weights(name, getattr(self, name), known))

    @classmethod
    def from_preset(cls, name: str, /, **overrides: Any) -> Settings:
        """Returns the preset's settings with some values replaced.

        A style loss among them brings the values that it takes with the preset.

        Raises:
            NstError: if the preset or a setting is unknown, or a value is out of range.
        """
        check("preset", SPECS["preset"], _DEFAULTS["preset"], name)
        unknown = set(overrides) - set(SPECS)
        if unknown:
            raise NstError(
                BAD_SETTING,
                Message("There is no setting named {names}.", names=", ".join(sorted(unknown))),
                Message("The settings are {names}.", names=", ".join(SPECS)),
            )
        own = values_of(name, overrides.get("style_loss"))
        return replace(cls(), preset=name, **{**own, **overrides})

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
_DEFAULTS = {f.name: f.default for f in fields(Settings)}

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "draft": Preset(
            "a first look, at most 512 pixels",
            MappingProxyType({"evaluations": 32}),
            max_size=512,
        ),
        "normal": Preset(
            "a finished picture of up to 1024 pixels",
            MappingProxyType({}),
            max_size=1024,
        ),
        "fine": Preset(
            "the photograph's full resolution and twice the evaluations, for printing",
            MappingProxyType({"evaluations": 200}),
            max_size=MAX_SIZE,
        ),
        "gatys": Preset(
            "start, weights, evaluations and single scale of the PyTorch notebook that Gatys et "
            "al. published; with unbounded, exactly its method",
            MappingProxyType(
                {
                    "style_loss": "gram",
                    "style_layers": _FIVE_LAYERS,
                    "evaluations": 500,
                    "coarsest": 0,
                    "start": "content",
                    "fourier_exponent": 0.0,
                }
            ),
            max_size=1024,
        ),
    }
)

# What a preset takes in its own values' place with a style loss of the other kind, unless it is
# given: statistics of the whole picture are told something by relu5_1, too; they need strokes of
# the right size to start with, and many evaluations.
_STATISTICS = {"style_layers": _FIVE_LAYERS, "coarsest": 512}
_NEIGHBORS = {"style_layers": _FOUR_LAYERS, "coarsest": _COARSEST}
OTHER_KIND_VALUES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "draft": MappingProxyType({**_STATISTICS, "evaluations": 40}),
        "normal": MappingProxyType({**_STATISTICS, "evaluations": 100}),
        "fine": MappingProxyType({**_STATISTICS, "evaluations": 200}),
        "gatys": MappingProxyType({**_NEIGHBORS, "evaluations": 200}),
    }
)


def values_of(preset: str, style_loss: str | None = None) -> Mapping[str, Any]:
    """Returns the values that differ from the defaults if nothing but these two is given.

    Args:
        preset: its name.
        style_loss: None for the preset's own.
    """
    own = PRESETS[preset].values
    usual = own.get("style_loss", _DEFAULTS["style_loss"])
    if style_loss is None or (style_loss == NEIGHBORS) == (usual == NEIGHBORS):
        return own
    return {**own, **OTHER_KIND_VALUES[preset]}
