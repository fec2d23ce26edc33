"""nst_core.colors.recolor: the linear map between distributions of colours."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nst_core.colors.recolor import recolor
from nst_core.masks.regions import StyleImage


def colours(mean: list[float], spread: list[list[float]], count: int = 4096) -> Tensor:
    """A picture whose colours have exactly this mean, and the covariance spread @ spread.T."""
    noise = torch.randn(3, count, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    noise -= noise.mean(dim=1, keepdim=True)
    white = torch.linalg.solve_triangular(
        torch.linalg.cholesky(noise @ noise.T / count), noise, upper=False
    )
    shifted = torch.tensor(spread, dtype=torch.float64) @ white
    image: Tensor = shifted + torch.tensor(mean, dtype=torch.float64)[:, None]
    return image.view(1, 3, 64, -1).float()


GREENISH = colours([0.4, 0.5, 0.45], [[0.05, 0.0, 0.0], [0.02, 0.04, 0.0], [0.0, 0.01, 0.03]])
REDDISH = colours([0.6, 0.4, 0.5], [[0.03, 0.0, 0.0], [-0.02, 0.05, 0.0], [0.01, 0.0, 0.06]])


def moments(image: Tensor) -> tuple[Tensor, Tensor]:
    flat = image.flatten(2)[0].double()
    return flat.mean(dim=1), torch.cov(flat, correction=0)


def test_the_content_gets_the_styles_mean_and_covariance() -> None:
    mean, covariance = moments(recolor(GREENISH, [StyleImage(REDDISH)]))
    wanted_mean, wanted = moments(REDDISH)
    torch.testing.assert_close(mean, wanted_mean, atol=1e-3, rtol=0)
    torch.testing.assert_close(covariance, wanted, atol=2e-5, rtol=0)


def test_independent_channels_are_stretched_one_by_one() -> None:
    # By hand: standard deviations 0.05, 0.04, 0.03 become 0.1, 0.04, 0.06, and means move too.
    content = colours([0.4, 0.5, 0.6], [[0.05, 0, 0], [0, 0.04, 0], [0, 0, 0.03]])
    style = colours([0.5, 0.5, 0.5], [[0.1, 0, 0], [0, 0.04, 0], [0, 0, 0.06]])
    means = torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1)
    by_hand = (content - means) * torch.tensor([2.0, 1.0, 2.0]).view(1, 3, 1, 1) + 0.5
    recolored = recolor(content, [StyleImage(style)])
    torch.testing.assert_close(recolored, by_hand.clamp(0, 1), atol=2e-3, rtol=0)


def test_a_picture_in_its_own_colours_stays_as_it_is() -> None:
    torch.testing.assert_close(recolor(REDDISH, [StyleImage(REDDISH)]), REDDISH, atol=1e-4, rtol=0)


def test_the_map_is_symmetric_and_so_moves_colours_least() -> None:
    """Of all linear maps with this result, the symmetric one moves colours least."""
    before, after = (
        (image.flatten(2)[0] - image.flatten(2)[0].mean(dim=1, keepdim=True)).double()
        for image in (GREENISH, recolor(GREENISH, [StyleImage(REDDISH)]))
    )
    matrix = torch.linalg.lstsq(before.T, after.T).solution
    torch.testing.assert_close(matrix, matrix.T, atol=1e-3, rtol=0)
    assert matrix.diag().prod() != pytest.approx(torch.det(matrix).item())  # and not diagonal


def test_several_styles_count_in_proportion_to_their_weights() -> None:
    styles = [StyleImage(REDDISH, weight=3.0), StyleImage(GREENISH, weight=1.0)]
    mean, _ = moments(recolor(GREENISH, styles))
    between = (3 * moments(REDDISH)[0] + moments(GREENISH)[0]) / 4
    torch.testing.assert_close(mean, between, atol=1e-3, rtol=0)


def test_hidden_parts_of_a_style_and_other_regions_of_the_picture_do_not_count() -> None:
    half = torch.zeros(1, 1, 64, 64)
    half[..., :32] = 1
    spoiled = torch.where(half > 0, REDDISH, torch.tensor(0.9))
    image = torch.where(half > 0, GREENISH, torch.tensor(0.1))
    painted = recolor(image, [StyleImage(spoiled, visible=half)], half)[..., :32]
    wanted = recolor(GREENISH[..., :32], [StyleImage(REDDISH[..., :32])])
    torch.testing.assert_close(painted, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_a_picture_of_one_colour_takes_the_mean_and_keeps_a_single_colour(shade: float) -> None:
    recoloured = recolor(torch.full((1, 3, 8, 8), shade), [StyleImage(REDDISH)])
    mean, covariance = moments(recoloured)
    torch.testing.assert_close(mean, moments(REDDISH)[0], atol=1e-3, rtol=0)
    assert covariance.abs().max() < 1e-9


def test_a_grey_style_takes_the_colour_away() -> None:
    grey = GREENISH.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    recoloured = recolor(REDDISH, [StyleImage(grey)])
    assert (recoloured.amax(dim=1) - recoloured.amin(dim=1)).max() < 0.06


def test_no_colour_leaves_the_range_that_can_be_shown() -> None:
    wild = colours([0.9, 0.1, 0.5], [[0.3, 0, 0], [0, 0.3, 0], [0, 0, 0.3]])
    recoloured = recolor(GREENISH, [StyleImage(wild)])
    assert 0 <= recoloured.min() < recoloured.max() <= 1
