"""nst_core.optim.basis: what coordinates leave out, what they keep, and who gets which."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nst_contract.settings import Settings
from nst_core.optim.basis import Basis, PixelBasis
from nst_core.optim.basis_of_scale import basis_for
from nst_core.optim.color_basis import ColorBasis
from nst_core.optim.fourier_basis import FourierBasis

HEIGHT, WIDTH = 40, 60
CPU = torch.device("cpu")
# Rounding of float32 through two transforms and amplitudes that span a factor of a hundred.
ROUNDING = 1e-4


def wave(rows: float, columns: float) -> Tensor:
    """Returns a picture with so many cycles per pixel down and across."""
    down = torch.arange(HEIGHT)[:, None] * rows
    across = torch.arange(WIDTH)[None, :] * columns
    return torch.cos(2 * math.pi * (down + across)).expand(1, 3, HEIGHT, WIDTH).contiguous()


@pytest.mark.parametrize(
    ("values", "exponents"),
    [
        ({}, (0.5, 0.25)),
        ({"fourier_exponent": 1.0}, (1.0, 0.5)),
        ({"style_loss": "gram"}, (0.5, 0.5)),
    ],
)
def test_finer_scales_of_neighbours_change_less_of_what_is_coarse(
    values: dict[str, str | float], exponents: tuple[float, float]
) -> None:
    settings = Settings.from_preset("normal", **values)
    is_tapered = settings.style_loss == "neighbors"
    for is_finer, exponent in zip((False, True), exponents, strict=True):
        found = basis_for(settings, HEIGHT, WIDTH, CPU, is_finer=is_finer)
        expected = FourierBasis(HEIGHT, WIDTH, exponent, CPU, is_tapered=is_tapered)
        image = wave(0.1, 0.05)
        assert torch.equal(found.to_pixels(image), expected.to_pixels(image))


@pytest.mark.parametrize("values", [{}, {"fourier_exponent": 1.0}])
def test_a_quilt_changes_as_much_at_one_frequency_as_at_another(values: dict[str, float]) -> None:
    settings = Settings.from_preset("normal", **values)
    found = basis_for(settings, HEIGHT, WIDTH, CPU, is_finer=True, is_quilted=True)
    for frequency in ((0.0, 0.0), (0.05, 0.0), (0.25, 0.1), (0.3, 0.3)):
        image = wave(*frequency)
        assert torch.allclose(found.to_pixels(image), image, atol=ROUNDING)
    assert found.to_pixels(wave(0.5, 0.0)).abs().max() < ROUNDING


def test_who_asks_for_plain_pixels_gets_them_for_a_quilt_too() -> None:
    settings = Settings.from_preset("normal", fourier_exponent=0.0)
    found = basis_for(settings, HEIGHT, WIDTH, CPU, is_quilted=True)
    assert torch.equal(found.to_pixels(wave(0.5, 0.0)), wave(0.5, 0.0))


def test_of_a_quilt_grey_changes_sooner_than_colour() -> None:
    found = basis_for(Settings.from_preset("normal"), HEIGHT, WIDTH, CPU, is_quilted=True)
    grey = wave(0.1, 0.05)
    assert torch.allclose(found.to_pixels(grey), grey, atol=ROUNDING)
    red = grey * torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    # A third of red is grey; of the rest a quarter is taken: 1/3 + 2/3/4 and 1/3 - 1/3/4.
    expected = grey * torch.tensor([1 / 2, 1 / 4, 1 / 4]).view(1, 3, 1, 1)
    assert torch.allclose(found.to_pixels(red), expected, atol=ROUNDING)


def there_and_back(image: Tensor, *, is_tapered: bool) -> Tensor:
    basis = FourierBasis(HEIGHT, WIDTH, 0.5, CPU, is_tapered=is_tapered)
    return basis.to_pixels(basis.from_pixels(image))


@pytest.mark.parametrize("frequency", [(0.5, 0.0), (0.0, 0.5), (0.5, 0.2), (0.45, 0.45)])
def test_rows_and_columns_that_alternate_are_left_out(frequency: tuple[float, float]) -> None:
    image = wave(*frequency)
    assert there_and_back(image, is_tapered=True).abs().max() < ROUNDING
    assert torch.allclose(there_and_back(image, is_tapered=False), image, atol=ROUNDING)


@pytest.mark.parametrize("frequency", [(0.0, 0.0), (0.25, 0.1), (0.3, 0.3)])
def test_all_that_is_coarser_is_kept(frequency: tuple[float, float]) -> None:
    image = wave(*frequency)
    assert torch.allclose(there_and_back(image, is_tapered=True), image, atol=ROUNDING)


def test_colours_are_the_same_there_and_back() -> None:
    image = torch.rand(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    basis = ColorBasis(PixelBasis(), 0.25)
    assert torch.allclose(basis.to_pixels(basis.from_pixels(image)), image, atol=1e-6)
    assert torch.allclose(ColorBasis(PixelBasis(), 1.0).to_pixels(image), image, atol=1e-6)


TAPERED = FourierBasis(HEIGHT, WIDTH, 0.5, CPU, is_tapered=True)


@pytest.mark.parametrize("basis", [TAPERED, ColorBasis(TAPERED, 0.25)])
def test_gradients_go_back_by_the_same_map(basis: Basis) -> None:
    """The map is its own adjoint, so that one call serves pictures and gradients."""
    generator = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 1, 3, HEIGHT, WIDTH, generator=generator)
    forth, back = (basis.to_pixels(one) * other).sum(), (one * basis.to_pixels(other)).sum()
    assert forth.item() == pytest.approx(back.item(), rel=1e-4, abs=1e-2)  # of 7,200 summands
