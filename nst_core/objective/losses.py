"""The losses of style transfer: pure functions of tensors.

All of them compute in float32 or better, whatever the number format of the feature maps: sums over
a million positions would drown in bfloat16's 8 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nst_core.networks.device import is_nvidia, multiplies_bfloat16_fast

# With fewer positions than channels, or with dead maps, covariances have directions that contain
# nothing but rounding errors. Adding this variance in all directions, as a fraction of the target's
# mean energy, keeps roots and their gradients out of it.
_LITTLE = 1e-4
# Samples of maps that are converted at a time: so few that they stay in a core's cache.
_STRIP = 2**18


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of feature maps (Gatys et al. 2016, equation 1, as a mean).

    Args:
        features, target: feature maps of the same shape.

    Returns:
        A scalar, 0 if both are equal.
    """
    loss: Tensor = _MeanSquare.apply(  # type: ignore[no-untyped-call]
        features.float() - target.float()
    )
    return loss


class _MeanSquare(torch.autograd.Function):
    """The mean of squares, whose gradient keeps the memory order of the maps.

    Autograd's gradient of a mean has another one, and to multiply both takes ten times as long.
    """

    @staticmethod
    def forward(ctx: Any, differences: Tensor) -> Tensor:
        ctx.save_for_backward(differences)
        return differences.square().mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_mean: Tensor) -> Tensor:
        (differences,) = ctx.saved_tensors
        slope: Tensor = 2 * (by_mean / differences.numel())
        by_differences: Tensor = differences * slope
        return by_differences


def total_variation(image: Tensor) -> Tensor:
    """Mean squared difference of vertical neighbours plus that of horizontal neighbours.

    This is the squared form, which has a gradient everywhere (Mahendran and Vedaldi 2015,
    "Understanding deep image representations by inverting them", section 3.1, with beta 2).

    Args:
        image: (1, channels, height, width).

    Returns:
        A scalar; 2 for a checkerboard of 0 and 1.
    """
    down = image[..., 1:, :] - image[..., :-1, :]
    across = image[..., 1:] - image[..., :-1]
    return down.square().mean() + across.square().mean()


@dataclass(frozen=True)
class Statistics:
    """Statistics of feature maps that do not depend on where anything is.

    Attributes:
        gram: (channels, channels), mean product of two maps, symmetric, float32: the Gram matrix
            (Gatys et al. 2016, equation 3) divided by the number of positions.
        mean: (channels,), mean of each map, float32; empty if it was not asked for.
    """

    gram: Tensor
    mean: Tensor

    @property
    def covariance(self) -> Tensor:
        """The Gram matrix of the maps minus their means."""
        return self.gram - torch.outer(self.mean, self.mean)


def statistics(
    features: Tensor,
    mask: Tensor | None = None,
    *,
    rounds_gradient: bool = False,
    with_mean: bool = True,
) -> Statistics:
    """Computes the statistics of feature maps. Differentiable.

    Args:
        features: (1, channels, height, width).
        mask: how much each position counts, (1, 1, height, width), at least 0 and not 0
            everywhere; None if all count alike. This gives the guided Gram matrix of Gatys et al.
            2017 ("Controlling perceptual factors", section 4), with the root of ``mask`` as the
            guidance channel, so that soft edges count in proportion.
        rounds_gradient: whether the gradient's product is computed in the maps' number format, to
            which it is rounded in any case. Otherwise it is computed in float32 before.
        with_mean: whether to compute the mean as well.
    """
    maps = features.flatten(start_dim=2).squeeze(0)
    share = None if mask is None else (mask / mask.sum()).flatten()
    gram, mean = _Sums.apply(  # type: ignore[no-untyped-call]
        maps, share, rounds_gradient, with_mean
    )
    return Statistics(gram, mean)


def statistics_gradient(
    maps: Tensor, by_gram: Tensor, by_mean: Tensor | None, share: Tensor | float
) -> Tensor:
    """Propagates a gradient from the statistics back to the feature maps.

    Args:
        maps: (channels, positions).
        by_gram: (channels, channels), the gradient with respect to the Gram matrix.
        by_mean: (channels,), the gradient with respect to the mean; None: it does not count.
        share: how much each position counts, adding up to 1 over the whole picture: (positions,),
            or one number for all.

    Returns:
        The gradient with respect to ``maps``, in their number format and the network's own layout,
        channels_last.
    """
    symmetric = by_gram + by_gram.T
    if isinstance(share, Tensor):
        return _product(maps, symmetric, by_mean).mul_(share[:, None]).T
    return _product(maps, symmetric * share, None if by_mean is None else by_mean * share).T


def _product(maps: Tensor, matrix: Tensor, row: Tensor | None) -> Tensor:
    """Returns maps^T matrix, with a row added to each of its own, in the maps' number format."""
    matrix = matrix.to(maps.dtype)
    return maps.T @ matrix if row is None else torch.addmm(row.to(maps.dtype), maps.T, matrix)


class _Sums(torch.autograd.Function):
    """Gram matrix and mean; their gradient takes one matrix product, where autograd needs two."""

    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, share: Tensor | None, rounds_gradient: bool, with_mean: bool
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(maps, share)
        ctx.is_at_once = rounds_gradient or maps.dtype == torch.float32
        if rounds_gradient and maps.dtype != torch.float32 and maps.device.type == "cpu":
            gram, mean = _summed_in_strips(maps, share)
            return gram, mean if with_mean else mean.new_empty(0)
        return _summed_at_once(maps, share, with_mean)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_gram: Tensor, by_mean: Tensor) -> tuple[Tensor, None, None, None]:
        maps, share = ctx.saved_tensors
        share = 1 / maps.shape[1] if share is None else share
        compute = statistics_gradient if ctx.is_at_once else _gradient_in_strips
        return compute(maps, by_gram, by_mean if len(by_mean) else None, share), None, None, None


def _summed_at_once(maps: Tensor, share: Tensor | None, with_mean: bool) -> tuple[Tensor, Tensor]:
    """Returns Gram matrix and mean of maps, (channels, positions); of the latter nothing, unless
    it is asked for."""
    if share is None:
        if _multiplies_exactly(maps):
            products = torch.mm(maps, maps.T, out_dtype=torch.float32)
        else:
            exact = maps.float()
            products = exact @ exact.T
        gram = products / maps.shape[1]
        return gram, maps.mean(dim=1, dtype=torch.float32) if with_mean else gram.new_empty(0)
    exact = maps.float()
    counted = exact * share
    gram = counted @ exact.T
    # Not as a product with a vector, which systems round each in its own way.
    return gram, counted.sum(dim=1) if with_mean else gram.new_empty(0)


def _multiplies_exactly(maps: Tensor) -> bool:
    """Tells whether a device multiplies maps as they are, and adds the products up in float32.

    Products of bfloat16 are exact in float32, so that nothing is gained by converting the maps.
    """
    is_possible = maps.dtype == torch.bfloat16 and is_nvidia(maps.device)
    return is_possible and multiplies_bfloat16_fast(str(maps.device))


def _summed_in_strips(maps: Tensor, share: Tensor | None) -> tuple[Tensor, Tensor]:
    """Returns Gram matrix and mean, without converting all of the maps to float32 at once."""
    channels, positions = maps.shape
    gram, mean = torch.zeros(channels, channels), torch.zeros(channels)
    length = max(1, _STRIP // channels)
    for start in range(0, positions, length):
        strip = maps[:, start : start + length].float()
        counted = strip if share is None else strip * share[start : start + length]
        gram.addmm_(counted, strip.T)
        mean.add_(counted.sum(dim=1))
    return (gram, mean) if share is not None else (gram / positions, mean / positions)


def _gradient_in_strips(
    maps: Tensor, by_gram: Tensor, by_mean: Tensor | None, share: Tensor | float
) -> Tensor:
    """Returns :func:`statistics_gradient` computed in float32, in the maps' number format."""
    gradient = torch.empty_like(maps)
    # All of about the same length: libraries multiply a few rows in ways of their own.
    parts = max(1, math.ceil(maps.numel() / _STRIP))
    shares: Sequence[Tensor | float] = (
        parts * [share] if isinstance(share, float) else share.tensor_split(parts)
    )
    for into, part, of_part in zip(
        gradient.tensor_split(parts, dim=1), maps.tensor_split(parts, dim=1), shares, strict=True
    ):
        into.copy_(statistics_gradient(part.float(), by_gram, by_mean, of_part))
    return gradient


def gram_loss(found: Statistics, target: Statistics) -> Tensor:
    """Mean squared difference of two Gram matrices (Gatys et al. 2016, equation 4, as a mean)."""
    return (found.gram - target.gram).square().mean()


def relative_gram_loss(found: Statistics, target: Statistics) -> Tensor:
    """The Gram loss over the target's mean square: 1 where there is nothing, in every layer.

    A target that is dead has nothing to be divided by.
    """
    energy = target.gram.square().mean()
    return _over(gram_loss(found, target), energy)


def relative_moments_loss(found: Statistics, target: Statistics) -> Tensor:
    """The relative Gram loss, plus the squared differences of the maps' means and standard
    deviations over the target's mean energy: 2 where there is nothing, nearly.

    Gram matrices are ruled by the few maps that are strong; means and deviations, where each map
    counts for itself, say how much there is of everything else.
    """
    of_each_map = _over(_loss_of_each_map(found, target), _energy(target))
    return relative_gram_loss(found, target) + of_each_map


def moments_loss(found: Statistics, target: Statistics) -> Tensor:
    """The Gram loss, plus the squared differences of the maps' means and standard deviations.

    After Galerne et al., "Scaling Painting Style Transfer", section 3.2. The additional terms have
    the maps' units squared; multiplied by the target's mean energy they match the Gram loss.
    """
    return gram_loss(found, target) + _energy(target) * _loss_of_each_map(found, target)


def wasserstein_loss(found: Statistics, target: Statistics) -> Tensor:
    """Squared Wasserstein-2 distance of the two normal distributions with these statistics.

    Between N(m1, C1) and N(m2, C2) it is |m1 - m2|^2 + tr(C1 + C2 - 2 (C2^1/2 C1 C2^1/2)^1/2)
    (Dowson and Landau 1982, "The Frechet distance between multivariate normal distributions",
    equation 4). Here it is divided by the number of channels and multiplied by four times the
    target's mean energy, which makes it equal the Gram loss for a single constant map that is
    nearly right.
    """
    little = _LITTLE * _energy(target) + torch.finfo(torch.float32).tiny
    ours, theirs = (_raised(found.covariance, little), _raised(target.covariance, little))
    root = _root(theirs)
    cross = torch.linalg.eigvalsh(root @ ours @ root).clamp(min=0).sqrt().sum()
    distance = (found.mean - target.mean).double().square().sum()
    distance = distance + ours.diagonal().sum() + theirs.diagonal().sum() - 2 * cross
    loss: Tensor = 4 * _energy(target) * distance.clamp(min=0).float() / len(target.mean)
    return loss


STYLE_LOSSES: Mapping[str, Callable[[Statistics, Statistics], Tensor]] = MappingProxyType(
    {"gram": gram_loss, "moments": moments_loss, "wasserstein": wasserstein_loss}
)


def _over(loss: Tensor, energy: Tensor) -> Tensor:
    """Returns a loss over the target's energy; as it is where the target is dead."""
    return loss / torch.where(energy > 0, energy, torch.ones_like(energy))


def _loss_of_each_map(found: Statistics, target: Statistics) -> Tensor:
    """Returns the mean squared differences of the maps' means and of their deviations."""
    deviations = (_deviation(found) - _deviation(target)).square().mean()
    means = (found.mean - target.mean).square().mean()
    return means + deviations


def _energy(statistics: Statistics) -> Tensor:
    """Returns the mean square of all maps."""
    return statistics.gram.diagonal().mean()


def _deviation(statistics: Statistics) -> Tensor:
    """Returns the standard deviation of each map; for a dead map it is nearly 0."""
    variance = statistics.gram.diagonal() - statistics.mean.square()
    # As above: against rounding errors, and the gradient of a root at 0.
    return (variance.clamp(min=0) + 1e-6).sqrt()


def _raised(covariance: Tensor, variance: Tensor) -> Tensor:
    """Returns a covariance with the same variance added in all directions, float64."""
    more = variance.double().expand(len(covariance)).diag()
    return covariance.double() + more


def _root(matrix: Tensor) -> Tensor:
    """Returns the symmetric root of a symmetric, positive semidefinite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return root
