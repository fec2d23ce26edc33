"""The coordinates in which L-BFGS sees a picture."""

from __future__ import annotations

from typing import Protocol

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
