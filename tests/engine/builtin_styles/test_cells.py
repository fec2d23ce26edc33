"""nst_core.builtin_styles.cells: nearest seeds and borders, against a search of all of them."""

from __future__ import annotations

import numpy as np

from nst_core.builtin_styles.cells import cells, nearest_border
from nst_core.builtin_styles.noise import grid

PIXELS, POWER = 60, 4.0
RNG = np.random.default_rng(5)
# A jittered lattice: no pixel is further from two seeds than 0.25.
LATTICE = np.stack(np.meshgrid(np.arange(-1, 11), np.arange(-1, 11)), axis=-1).reshape(-1, 2)
X, Y = ((LATTICE + RNG.uniform(0.2, 0.8, LATTICE.shape)) / 10).T.astype(np.float32)
ANGLE = RNG.uniform(0, np.pi, len(X)).astype(np.float32)
FOUND = cells(PIXELS, X, Y, ANGLE, reach=0.26, squareness=POWER)


def test_each_pixel_belongs_to_its_nearest_seed() -> None:
    x, y = (side[..., None] for side in np.broadcast_arrays(*grid(PIXELS)))
    along = np.cos(ANGLE) * (x - X) + np.sin(ANGLE) * (y - Y)
    across = np.cos(ANGLE) * (y - Y) - np.sin(ANGLE) * (x - X)
    distance = (np.abs(along) ** POWER + np.abs(across) ** POWER) ** (1 / POWER)
    expected = distance.argmin(axis=-1)
    assert (FOUND.seed == expected).mean() > 0.999  # except for ties
    own = np.take_along_axis(along, FOUND.seed[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(FOUND.along, own, atol=1e-5)


def test_the_edge_is_where_another_cell_begins() -> None:
    border = FOUND.seed[:, 1:] != FOUND.seed[:, :-1]
    # Of two neighbouring pixels in different cells, one is at most half a pixel from the edge.
    nearer = np.minimum(FOUND.edge[:, 1:], FOUND.edge[:, :-1])
    assert np.quantile(nearer[border], 0.95) < 0.75 / PIXELS
    assert FOUND.edge.min() >= 0
    assert np.median(FOUND.edge[:, 1:][~border]) > 1 / PIXELS


def test_the_nearest_border_is_found() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[10:25, 5:30] = 1
    labels[30:, 20:] = 2
    right, down = nearest_border(labels)
    border = np.zeros(labels.shape, bool)
    border[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    border[1:] |= labels[1:] != labels[:-1]
    rows, columns = np.nonzero(border)
    row, column = np.indices(labels.shape)
    expected = np.hypot(row[..., None] - rows, column[..., None] - columns).min(axis=-1)
    np.testing.assert_allclose(np.hypot(right, down), expected, atol=0.5)
    assert border[(row + down).astype(int), (column + right).astype(int)].all()
