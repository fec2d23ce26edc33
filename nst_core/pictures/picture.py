"""Pictures in memory: colours, alpha, and conversion to and from tensors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.messages import Message, mark
from nst_contract.protocol.events import Caution
from nst_core.pictures.about import SAYS_NOTHING, About

if TYPE_CHECKING:
    # At run time only where it computes: importing takes seconds, and errors are reported before.
    from torch import Tensor

Array = NDArray[np.float32]
# Width and height, in pixels.
Size = tuple[int, int]
# Samples of one colour may differ by this much: two steps of 8 bits.
_FLAT = 2.01 / 255
# What messages call pictures by their role, without a name and with one.
_CALLED = {
    "content": (mark("The content"), mark('The content "{name}"')),
    "style": (mark("The style"), mark('The style "{name}"')),
    "palette": (mark("The picture for the palette"), mark('The picture "{name}" for the palette')),
}


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as people see it.

    Attributes:
        rgb: (height, width, 3), R'G'B' in sRGB, 0..1, float32.
        alpha: (height, width), 0..1, float32, not multiplied into ``rgb``; None if opaque.
        name: what people call it, for messages.
        bits: of one sample in its source: 8, 16, or 32 (floating point).
        pixels_per_mm: horizontal and vertical resolution for printing.
        about: what its file says about it: who took it, when, with what.
        cautions: what the user should know of how it was read.
        full_size: width and height in its file, if it was shrunk while it was read.
        sha256: fingerprint of all pixels in its file, if it was; "" otherwise.
    """

    rgb: Array
    alpha: Array | None = None
    name: str = ""
    bits: int = 8
    pixels_per_mm: tuple[float, float] | None = None
    about: About = SAYS_NOTHING
    cautions: tuple[Caution, ...] = ()
    full_size: Size | None = None
    sha256: str = ""

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def size_in_file(self) -> Size:
        """Width and height that the picture has in its file, or a result of it in its own."""
        return self.full_size or (self.width, self.height)

    @property
    def is_transparent(self) -> bool:
        """Whether there is nothing at all to see."""
        return self.alpha is not None and not self.alpha.any()

    @property
    def is_flat(self) -> bool:
        """Whether all that is to be seen has one colour, but for what saving as JPEG may change."""
        seen = self.rgb if self.alpha is None else self.rgb[self.alpha > 0]
        seen = seen.reshape(-1, 3)
        return not seen.size or bool((seen.max(axis=0) - seen.min(axis=0)).max() <= _FLAT)

    def as_mask(self) -> Array:
        """Returns how light each pixel is, (height, width), 0..1; transparent ones count as black.

        This is luma, with the weights of ITU-R BT.709.
        """
        luma: Array = self.rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
        mask = luma if self.alpha is None else luma * self.alpha
        return mask.clip(0, 1)

    def check_visible(self, role: str) -> None:
        """Makes sure that there is something to see.

        Args:
            role: what the picture is for, "content", "style" or "palette", for the message.

        Raises:
            NstError: (bad-input) if it is fully transparent.
        """
        if self.is_transparent:
            raise NstError(
                BAD_INPUT,
                Message(
                    "{called} is fully transparent: there is nothing to see.",
                    called=self.called(role),
                ),
                Message("Choose a picture or layer that shows something."),
            )

    def called(self, role: str) -> Message:
        """Returns what a message calls this picture: its role, and its name if it has one."""
        unnamed, named = _CALLED[role]
        return Message(named, name=self.name) if self.name else Message(unnamed)

    def with_rgb(self, rgb: Array) -> Picture:
        """Returns this picture in other colours: alpha, name, size and resolution stay."""
        return replace(self, rgb=rgb, sha256="")


def as_stored(samples: Array, bits: int) -> bytes:
    """Returns samples as a file of so many bits has them: little-endian integers, or float32."""
    if bits > 16:
        return bytes(samples.astype("<f4"))
    # In place, and thus in half the memory.
    whole = samples.clip(0, 1)
    whole *= 2**bits - 1
    return bytes(np.rint(whole, out=whole).astype("<u2" if bits > 8 else "u1"))


def shown(picture: Picture) -> Array:
    """Returns the colours as they are shown, (height, width, 3), 0..1.

    Fully transparent pixels have colours that nobody can see. Here they take the mean of the
    visible ones, so that hidden colours affect neither the style nor the result. Floating-point
    layers may hold values that cannot be shown; these are clipped.

    Returns:
        The picture's own array, if all of it can be shown as it is: a large picture would be there
        twice. Not to be written to.
    """
    rgb, alpha = picture.rgb, picture.alpha
    is_opaque = alpha is None or bool(alpha.all())
    # Of what is not a number, neither is true.
    if is_opaque and rgb.flags.carray and rgb.min() >= 0 and rgb.max() <= 1:
        return rgb
    found: Array = np.nan_to_num(rgb, nan=0.0, posinf=1.0, neginf=0.0)
    found.clip(0, 1, out=found)
    if alpha is not None and not is_opaque:
        hidden = alpha == 0
        visible = found[~hidden]
        found[hidden] = visible.mean(axis=0) if len(visible) else 0.5
    return found


def as_tensor(picture: Picture) -> Tensor:
    """Returns what :func:`to_tensor` does in the picture's own memory, if all of it can be shown.

    Its samples lie pixel by pixel, and are not to be written to.
    """
    import torch

    return torch.from_numpy(shown(picture)).permute(2, 0, 1).unsqueeze(0)


def to_tensor(picture: Picture) -> Tensor:
    """Returns the colours as they are shown, (1, 3, height, width), 0..1, float32."""
    import torch

    return as_tensor(picture).clone(memory_format=torch.contiguous_format)


def to_rgb(image: Tensor) -> Array:
    """Returns (1, 3, height, width) as the colours of a :class:`Picture`, clipped to 0..1."""
    rgb: Array = image.detach().cpu().clamp(0, 1).squeeze(0).permute(1, 2, 0).numpy()
    return np.ascontiguousarray(rgb)


def resize(image: Tensor, width: int, height: int, *, exact: bool = False) -> Tensor:
    """Resamples bicubically, without aliasing; the same size is left untouched.

    Args:
        image: (1, channels, h, w), 0..1.
        width, height: of the result, in pixels.
        exact: whether a CPU is to compute in float64. The result has the image's number format
            either way, but only so do torch's packages for all systems round it alike.

    Returns:
        (1, channels, height, width), 0..1.
    """
    if image.shape[2:] == (height, width):
        return image
    if exact and image.device.type == "cpu":
        import torch

        from nst_core.networks.rounding import rounded

        # Channel by channel: a large picture is larger still in float64.
        channels = [_resampled(part.double(), width, height) for part in torch.split(image, 1, 1)]
        return torch.cat([rounded(channel, image.dtype) for channel in channels], dim=1)
    return _resampled(image, width, height)


def _resampled(image: Tensor, width: int, height: int) -> Tensor:
    from torch.nn.functional import interpolate

    resized = interpolate(
        image, size=(height, width), mode="bicubic", align_corners=False, antialias=True
    )
    return resized.clamp_(0, 1)
