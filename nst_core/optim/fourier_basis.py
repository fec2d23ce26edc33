"""The basis in which L-BFGS sees the picture: it weights frequencies as natural pictures do."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Basis(Protocol):
    """A symmetric linear map from coordinates to pixels, both (1, 3, height, width), float32."""

    def to_pixels(self, coordinates: Tensor) -> Tensor:
        """Returns the picture; the same map turns a gradient in pixels into one in coordinates."""
        ...

    def from_pixels(self, image: Tensor) -> Tensor:
        """Returns the coordinates of a picture."""
        ...


class PixelBasis:
    """The pixels themselves as coordinates, as in the published method."""

    def to_pixels(self, coordinates: Tensor) -> Tensor:
        return coordinates

    def from_pixels(self, image: Tensor) -> Tensor:
        return image


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
    """

    def __init__(self, height: int, width: int, exponent: float, device: torch.device) -> None:
        rows = torch.fft.fftfreq(height, device=device)[:, None]
        columns = torch.fft.rfftfreq(width, device=device)[None, :]
        frequency = torch.hypot(rows, columns)
        # The mean colour has no frequency; it is treated like the slowest possible change.
        frequency[0, 0] = 1 / max(height, width)
        amplitude = frequency**-exponent
        # On average a coordinate moves its pixel by its own amount: step sizes keep their meaning.
        self._amplitude = amplitude / amplitude.square().mean().sqrt()

    def to_pixels(self, coordinates: Tensor) -> Tensor:
        return self._scale(coordinates, self._amplitude)

    def from_pixels(self, image: Tensor) -> Tensor:
        return self._scale(image, 1 / self._amplitude)

    def _scale(self, image: Tensor, amplitude: Tensor) -> Tensor:
        height, width = image.shape[2:]
        scaled = torch.empty_like(image)
        # Channel by channel: the spectrum of a large picture is large as well.
        for channel in range(image.shape[1]):
            spectrum = torch.fft.rfft2(image[:, channel]) * amplitude
            scaled[:, channel] = torch.fft.irfft2(spectrum, s=(height, width))
        return scaled
