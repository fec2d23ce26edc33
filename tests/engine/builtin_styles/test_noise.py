"""nst_core.builtin_styles.noise: smooth random fields."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.noise import Noise, grid, smoothstep

X, Y = grid(200)


def noise(seed: int = 1) -> Noise:
    return Noise(np.random.default_rng(seed))


def test_it_is_zero_on_the_lattice_and_has_mean_zero_in_between() -> None:
    field = noise()
    nodes = np.arange(8, dtype=np.float32) / 8
    np.testing.assert_allclose(field(nodes[None, :], nodes[:, None], 8.0), 0, atol=1e-6)
    values = field(X, Y, 20.0)
    assert abs(values.mean()) < 0.02
    assert 0.2 < values.std() < 0.6
    assert np.abs(values).max() < 1.1


def test_it_is_smooth_and_has_as_many_bumps_as_its_frequency_says() -> None:
    line = noise()(
        np.linspace(0, 1, 4000, dtype=np.float32)[None], np.array([[0.37]], np.float32), 25.0
    )[0]
    assert np.abs(np.diff(line)).max() < 0.05
    crossings = np.count_nonzero(np.diff(np.sign(line)))
    assert 20 <= crossings <= 75


def test_points_far_outside_have_values_too() -> None:
    far = np.array([-300.7, 512.3], np.float32)
    assert np.isfinite(noise()(far, far, 3.0)).all()


def test_the_sum_of_octaves_is_as_high_as_one_of_them_and_rougher() -> None:
    one, many = noise()(X, Y, 5.0), noise().fractal(X, Y, 5.0, 4)
    assert 0.6 < many.std() / one.std() < 1.4
    assert np.abs(np.diff(many)).mean() > 1.5 * np.abs(np.diff(one)).mean()


def test_octaves_too_fine_for_the_pixels_fade_as_if_a_larger_picture_were_scaled_down() -> None:
    coarse = noise().fractal(X, Y, 40.0, 4, pixels=200)
    x, y = grid(800)
    reduced = noise().fractal(x, y, 40.0, 4, pixels=800).reshape(200, 4, 200, 4).mean(axis=(1, 3))
    aliased = noise().fractal(X, Y, 40.0, 4)
    assert np.corrcoef(coarse.ravel(), reduced.ravel())[0, 1] > 0.95
    assert np.abs(coarse - reduced).std() < 0.5 * np.abs(aliased - reduced).std()


def test_a_step_is_smooth() -> None:
    values = smoothstep(1.0, 3.0, np.array([0.0, 1.0, 1.5, 2.0, 3.0, 4.0], np.float32))
    # 3 t^2 - 2 t^3 at t = 1/4.
    np.testing.assert_allclose(values, [0, 0, 3 / 16 - 2 / 64, 0.5, 1, 1])
