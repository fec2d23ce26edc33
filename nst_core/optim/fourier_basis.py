"""A basis that weights frequencies as natural pictures do."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# A tapered basis has the frequencies up to the first of these whole, in cycles per pixel along each
# axis, and those from the second on not at all. A mere damping would not do: L-BFGS learns its way
# around it.
_WHOLE, _NONE = 0.34, 0.44
# Against the largest amplitude: what is smaller counts as left out.
_LEAST_AMPLITUDE = 1e-3
# Pictures of so many pixels at most are transformed with all channels at once, on accelerators.
_SMALL = 2**20


class FourierBasis:
    """Coordinates whose Fourier amplitudes are scaled by frequency^-exponent.

    Pictures have most of their energy at low frequencies, and so do the changes that style transfer
    makes. L-BFGS starts from the assumption that all coordinates are alike; in this basis they are
    more so, and fewer evaluations reach the same loss. The objective does not change.

    The scaling is a convolution with a symmetric kernel, so the map is its own adjoint, and all
    coordinates stay real.

    Args:
        height, width: of the picture.
        exponent: 0 leaves the pixels as they are; in natural pictures it is about 1.
        is_tapered: whether to leave out the frequencies at which rows or columns alternate. The
            poolings hardly see these, and nearest-neighbour style fills them with a fine weave
            (docs/performance.md). What a picture has of them is lost.
    """

    def __init__(
        self,
        height: int,
        width: int,
        exponent: float,
        device: torch.device,
        *,
        is_tapered: bool = False,
    ) -> None:
        # So that all systems' CPUs get the same, once it is rounded. The basis that is not tapered
        # keeps the bits that it has always had.
        dtype = torch.float64 if is_tapered and device.type == "cpu" else torch.float32
        rows = torch.fft.fftfreq(height, dtype=dtype, device=device)[:, None]
        columns = torch.fft.rfftfreq(width, dtype=dtype, device=device)[None, :]
        frequency = torch.hypot(rows, columns)
        # The mean colour has no frequency; it is treated like the slowest possible change.
        frequency[0, 0] = 1 / max(height, width)
        amplitude = frequency**-exponent
        # On average a coordinate moves its pixel by its own amount: step sizes keep their meaning.
        amplitude = amplitude / amplitude.square().mean().sqrt()
        if is_tapered:
            amplitude = amplitude * _taper(rows) * _taper(columns)
        self._amplitude = amplitude.float()
        self._is_tapered = is_tapered

    def to_pixels(self, coordinates: Tensor) -> Tensor:
        return self._scale(coordinates, self._amplitude)

    def from_pixels(self, image: Tensor) -> Tensor:
        inverse = 1 / self._amplitude
        if self._is_tapered:
            left_out = self._amplitude < _LEAST_AMPLITUDE * self._amplitude.max()
            inverse = inverse.masked_fill(left_out, 0)
        return self._scale(image, inverse)

    def _scale(self, image: Tensor, amplitude: Tensor) -> Tensor:
        size = image.shape[2:]
        # The spectrum of a large picture is large as well, and a GPU takes longer to be asked for
        # three small ones than to compute them.
        at_once = 3 if image.device.type != "cpu" and math.prod(size) <= _SMALL else 1
        scaled = torch.empty_like(image)
        parts = (torch.split(picture, at_once, dim=1) for picture in (image, scaled))
        for part, into in zip(*parts, strict=True):
            into.copy_(torch.fft.irfft2(torch.fft.rfft2(part) * amplitude, s=size))
        return scaled


def _taper(frequency: Tensor) -> Tensor:
    """Falls from 1 to 0 as the square of a sine."""
    share = ((_NONE - frequency.abs()) / (_NONE - _WHOLE)).clamp(0, 1)
    return (share * (torch.pi / 2)).sin().square()
