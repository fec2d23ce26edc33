"""nst_core.training.dataset: the split, the pixels' statistics, and the pictures' variations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst_core.training.dataset import Variations, mean_and_deviation, stratified_split
from tests.helpers import torchvision

v2 = torchvision.module("torchvision.transforms.v2")

# CIFAR-100's own: 500 pictures of each class, here in some order.
LABELS = torch.from_numpy(np.random.default_rng(0).permutation(np.repeat(np.arange(100), 500)))


# The split ---------------------------------------------------------------------------------------


def test_cifar_100_is_split_into_45000_and_5000_pictures() -> None:
    learnt, held_out = stratified_split(LABELS, 0.1, seed=0)
    assert (len(learnt), len(held_out)) == (45_000, 5_000)


def test_every_picture_is_in_one_part() -> None:
    learnt, held_out = stratified_split(LABELS, 0.1, seed=0)
    assert sorted([*learnt.tolist(), *held_out.tolist()]) == list(range(50_000))


def test_every_class_is_split_alike() -> None:
    learnt, held_out = stratified_split(LABELS, 0.1, seed=0)
    assert torch.bincount(LABELS[learnt]).tolist() == [450] * 100
    assert torch.bincount(LABELS[held_out]).tolist() == [50] * 100


def test_the_seed_decides_the_split() -> None:
    first, again, other = (stratified_split(LABELS, 0.1, seed)[1] for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert len(np.intersect1d(first, other)) < 1000  # a tenth of 5000 by chance


def test_classes_of_different_sizes_keep_their_proportion() -> None:
    labels = torch.tensor([0] * 10 + [1] * 30)
    learnt, held_out = stratified_split(labels, 0.1, seed=0)
    assert torch.bincount(labels[learnt]).tolist() == [9, 27]
    assert torch.bincount(labels[held_out]).tolist() == [1, 3]


# Mean and deviation ------------------------------------------------------------------------------


def test_mean_and_deviation_by_hand() -> None:
    images = torch.empty(2, 3, 1, 2, dtype=torch.uint8)
    images[:, 0] = torch.tensor([[[0, 0]], [[255, 255]]])  # half black, half full
    images[:, 1] = 51  # a fifth everywhere
    images[:, 2] = torch.tensor([[[0, 0]], [[0, 204]]])  # four fifths in one of four pixels
    mean, deviation = mean_and_deviation(images)
    assert mean == pytest.approx((0.5, 0.2, 0.2))
    # The last: sqrt((3 * 0.2^2 + 0.6^2) / 4) = sqrt(0.12)
    assert deviation == pytest.approx((0.5, 0, 0.12**0.5), abs=1e-9)


def test_mean_and_deviation_are_numpys() -> None:
    images = np.random.default_rng(0).integers(0, 200, (50, 3, 32, 32)).astype(np.uint8)
    mean, deviation = mean_and_deviation(torch.from_numpy(images))
    assert mean == pytest.approx(tuple((images / 255).mean((0, 2, 3))), rel=1e-12)
    assert deviation == pytest.approx(tuple((images / 255).std((0, 2, 3))), rel=1e-12)


# Variations --------------------------------------------------------------------------------------


def test_each_picture_is_varied_as_torchvision_would() -> None:
    images = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    variations = Variations.draw(40, torch.Generator().manual_seed(0))
    found = variations.of(images)
    assert found.dtype == torch.uint8
    for number, image in enumerate(images):
        expected = v2.functional.crop(
            v2.functional.pad(image, [4, 4, 4, 4]),
            int(variations.top[number]), int(variations.left[number]), 32, 32,
        )  # fmt: skip
        if variations.flipped[number]:
            expected = v2.functional.horizontal_flip(expected)
        assert torch.equal(found[number], expected), number


def test_all_shifts_and_both_sides_come_about_equally_often() -> None:
    variations = Variations.draw(9000, torch.Generator().manual_seed(0))
    for shifts in (variations.left, variations.top):
        counts = torch.bincount(shifts)
        assert len(counts) == 9
        assert counts.min() > 800  # of 1000
    assert 4200 < variations.flipped.sum() < 4800
    assert not torch.equal(variations.left, variations.top)
