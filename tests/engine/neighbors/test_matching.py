"""Which place of the paintings each place of the picture is to look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn.functional import normalize

from nst_core.neighbors import matching
from nst_core.neighbors.loss import directions
from nst_core.neighbors.matching import match
from nst_core.neighbors.style_places import StylePlaces
from nst_core.networks import device


def places(columns: Tensor, desired: Tensor | None = None) -> StylePlaces:
    """Returns places that lie side by side."""
    shares = torch.ones(len(columns)) if desired is None else desired
    shares = shares / shares.sum()
    mean = shares @ columns.float()
    found = directions(columns, mean).to(columns.dtype)
    return StylePlaces(found, mean, shares, {}, [(1, len(columns))], {})


def random(count: int, channels: int = 8, seed: int = 0) -> Tensor:
    return torch.randn(count, channels, generator=torch.Generator().manual_seed(seed))


def usage(choice: Tensor, count: int, weight: Tensor | None = None) -> Tensor:
    counts = torch.bincount(choice, weight, count)
    return counts / counts.sum()


def used(choice: Tensor) -> int:
    return len(set(choice.tolist()))


def similarity(query: Tensor, style: Tensor) -> Tensor:
    """Returns centred cosines of all pairs, in float64."""
    query, style = query.double(), style.double()
    return normalize(query - query.mean(0), dim=1) @ normalize(style - style.mean(0), dim=1).T


# Four directions in the plane, and four others near them.
COMPASS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
TURNED = torch.tensor([[1.0, 0.3], [-0.3, 1.0], [-1.0, -0.3], [0.3, -1.0]])


# Without balance ----------------------------------------------------------------------------------


def test_the_most_similar_place_is_chosen() -> None:
    assert match(TURNED, places(COMPASS), balance=0).tolist() == [0, 1, 2, 3]
    assert match(TURNED.flip(0), places(COMPASS), balance=0).tolist() == [3, 2, 1, 0]


def test_neither_length_nor_what_all_places_have_in_common_matters() -> None:
    brighter = 5 * TURNED + torch.tensor([40.0, 7.0])
    assert match(brighter, places(COMPASS / 3 - 8), balance=0).tolist() == [0, 1, 2, 3]


def test_it_is_the_nearest_neighbour_of_a_plain_search() -> None:
    query, style = random(300), random(200, seed=1)
    expected = similarity(query, style).argmax(dim=1)
    assert torch.equal(match(query, places(style), balance=0), expected)


# With balance -------------------------------------------------------------------------------------


def test_wholly_balanced_all_places_are_used_by_those_that_lose_least() -> None:
    """Three of four look most like the same place, and only one of them can have it."""
    query = torch.tensor([[1.0, 0.0], [0.9, 0.4], [0.9, -0.4], [-2.8, 0.0]])
    style = torch.tensor([[1.0, 0.0], [0.5, 1.0], [0.5, -1.0], [-2.0, 0.0]])
    assert match(query, places(style), balance=0).tolist() == [0, 0, 0, 3]
    assert match(query, places(style), balance=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_wholly_balanced_it_is_close_to_the_best_assignment(seed: int) -> None:
    """Of all permutations the best one, by the Hungarian method."""
    query, style = random(60, seed=seed), random(60, seed=100 + seed)
    table = similarity(query, style).numpy()
    best = table[linear_sum_assignment(table, maximize=True)].mean()
    choice = match(query, places(style), balance=1)
    found = table[range(60), choice.numpy()].mean()
    nearest = table.max(axis=1).mean()
    # Prices are those of the best plan but for the temperature: a place takes what it would have
    # there, or another that is nearly as good.
    assert best - 0.01 < found < nearest - 0.5 * (nearest - best)
    assert used(choice) > 0.7 * 60
    assert used(choice) > used(match(query, places(style), balance=0)) + 10


def brute_force(table: Tensor, desired: Tensor, balance: float, temperature: float) -> Tensor:
    """Returns the prices by minimising their dual problem in float64, by a method of its own.

    The dual of the relaxed transport in the module's docstring, whose gradient is relaxed usage
    minus usage.
    """
    relaxed = temperature * balance / (1 - balance)
    prices = torch.zeros(len(desired), dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [prices], max_iter=2000, tolerance_grad=1e-12, line_search_fn="strong_wolfe"
    )

    def dual() -> Tensor:
        solver.zero_grad()
        gain = temperature * torch.logsumexp((table - prices) / temperature + desired.log(), dim=1)
        loss = gain.mean() + relaxed * (desired * (prices / relaxed).exp()).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(dual)  # type: ignore[no-untyped-call]
    return prices.detach()


@pytest.mark.parametrize("balance", [0.3, 0.7, 0.9])
def test_prices_solve_the_relaxed_transport(balance: float) -> None:
    query, style = random(120), random(80, seed=1)
    desired = torch.rand(80, generator=torch.Generator().manual_seed(2)) + 0.1
    desired = desired / desired.sum()
    table = similarity(query, style).float()
    found = matching.iterate_prices(table, torch.full((120,), 1 / 120), desired, balance)
    expected = brute_force(table.double(), desired.double(), balance, matching._TEMPERATURE)
    # Steps end when they are shorter than a hundredth of the temperature, with as much as
    # 1 / (1 - balance) of them to go.
    error = (desired * (found - expected).abs()).sum()
    assert error < 0.01 * matching._TEMPERATURE / (1 - balance)


def test_a_picture_of_what_the_painting_has_little_of_uses_the_rest_too() -> None:
    """Nine tenths of the picture are alike; of the painting, one tenth is like them."""
    kinds = torch.tensor([[1.0] + [0.0] * 7, [-1.0] + [0.0] * 7])
    many, few = torch.arange(500) < 450, torch.arange(200) < 20
    query = kinds[(~many).long()] + 0.01 * random(500)
    style = kinds[(~few).long()] + 0.01 * random(200, seed=1)
    assert usage(match(query, places(style), balance=0), 200)[few].sum() == pytest.approx(0.9)
    choice = match(query, places(style), balance=1)
    assert usage(choice, 200)[few].sum() == pytest.approx(0.1, abs=0.03)
    assert (choice[~many] >= 20).all()


def test_more_balance_uses_more_of_the_painting_and_is_less_similar() -> None:
    query, style = random(800), random(400, seed=1)
    table = similarity(query, style)
    counts, similar = [], []
    for balance in (0.0, 0.5, 0.9, 1.0):
        choice = match(query, places(style), balance=balance)
        counts.append(used(choice))
        similar.append(table[torch.arange(800), choice].mean().item())
    assert counts == sorted(counts)
    assert counts[0] < 0.9 * 400
    assert counts[-1] > 0.98 * 400
    assert similar == sorted(similar, reverse=True)


# Desired usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("balance", [0.0, 0.9, 1.0])
def test_transparent_places_are_never_chosen(balance: float) -> None:
    query, style = random(200), random(100, seed=1)
    desired = torch.ones(100)
    desired[::2] = 0
    # They would be the best matches there are.
    style[::2] = query[:50]
    choice = match(query, places(style, desired), balance=balance)
    assert (choice % 2 == 1).all()
    opaque = match(query, places(style[1::2]), balance=balance)
    assert torch.equal(choice, 1 + 2 * opaque)


def test_usage_follows_the_weights_of_the_paintings() -> None:
    """Two paintings of 100 and 300 places; the first is to make up three quarters."""
    query, style = random(2000), random(400, seed=1)
    desired = torch.cat([torch.full((100,), 0.75 / 100), torch.full((300,), 0.25 / 300)])
    plain = usage(match(query, places(style, desired), balance=0), 400)[:100].sum()
    balanced = usage(match(query, places(style, desired), balance=1), 400)[:100].sum()
    assert plain < 0.35  # by their number
    # 2000 places each take the best at the prices, where the plan has the softest of choices: the
    # sum over a painting is as desired but for chance, whose deviation is below 0.01.
    assert balanced == pytest.approx(0.75, abs=0.03)


def test_places_that_do_not_count_make_nothing_dear() -> None:
    """Half of the picture is masked and looks like one place; the others may have it."""
    seen, masked = random(200), random(1, seed=2).expand(200, 8)
    query, weight = torch.cat([seen, masked]), torch.cat([torch.ones(200), torch.zeros(200)])
    style = places(random(100, seed=1))
    choice = match(query, style, balance=1, weight=weight)
    alone = match(seen, style, balance=1)
    assert torch.equal(choice[:200], alone)


def test_regions_choose_among_their_own_styles() -> None:
    """Two calls, and what they choose is independent of each other."""
    query = random(100)
    left = torch.arange(100) < 50
    styles = [places(random(40, seed=1)), places(random(60, seed=2))]
    first = match(query[left], styles[0], balance=0.9)
    second = match(query[~left], styles[1], balance=0.9)
    assert first.max() < 40
    assert second.max() < 60
    weighted = match(query, styles[0], balance=0.9, weight=left.float())[left]
    assert torch.equal(weighted, first)


# Cost ---------------------------------------------------------------------------------------------


def test_blocks_do_not_change_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    query, style = random(500), places(random(300, seed=1))
    whole = match(query, style, balance=0.9)
    monkeypatch.setattr(matching, "BLOCK_BYTES", 4 * 300 * 17)
    assert torch.equal(match(query, style, balance=0.9), whole)


def test_no_more_similarities_are_held_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "BLOCK_BYTES", 4 * 1000)
    monkeypatch.setattr(matching, "SAMPLE", 30)
    held = _watch(monkeypatch)
    match(random(400), places(random(250, seed=1)), balance=0.9)
    assert max(held) <= 1000
    assert sum(held) >= 400 * 250


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    held: list[int] = []
    compute: Callable[[Tensor, Tensor], Tensor] = matching.cosines

    def watched(ours: Tensor, theirs: Tensor) -> Tensor:
        found = compute(ours, theirs)
        held.append(found.numel())
        return found

    monkeypatch.setattr(matching, "cosines", watched)
    return held


@pytest.mark.parametrize("step", [2, 3])
def test_in_large_pictures_places_between_continue_what_was_searched_for(
    step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture is a part of the painting, which is found with a small part of the pairs."""
    painting = random(12 * 18).view(12, 18, 8)
    style = replace(places(painting.flatten(end_dim=1)), shapes=[(12, 18)])
    # On the grid of the painting that is searched, and at any other place no later than then.
    query = painting[6:, 6:].flatten(end_dim=1)
    monkeypatch.setattr(matching, "MOST_PAIRS", len(query) * 12 * 18 // step**4)
    held = _watch(monkeypatch)
    choice = match(query, style, balance=0, columns=12)
    expected = torch.arange(12 * 18).view(12, 18)[6:, 6:].flatten()
    assert (choice == expected).float().mean() > 0.95
    assert sum(held) <= len(query) * 12 * 18 / step**4


def test_what_is_continued_is_never_transparent(monkeypatch: pytest.MonkeyPatch) -> None:
    query, style = random(12 * 12), random(12 * 18, seed=1)
    desired = torch.ones(12 * 18)
    desired[1::2] = 0
    transparent = replace(places(style, desired), shapes=[(12, 18)])
    monkeypatch.setattr(matching, "MOST_PAIRS", 12 * 12 * 12 * 18 // 16)
    assert (match(query, transparent, balance=0.9, columns=12) % 2 == 0).all()


def test_prices_of_places_outside_the_sample_follow_from_those_within(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A painting of 60 kinds of places, twenty copies of each: a sample sees all kinds.

    The picture would have the first kinds far more often than the last.
    """
    kinds = random(60, seed=1)
    style = kinds.repeat(20, 1)
    wanted = (60 * torch.linspace(0, 0.999, 1500) ** 3).long()
    query = kinds[wanted] + 0.5 * random(1500)

    def unevenness(balance: float) -> float:
        choice = match(query, places(style), balance=balance) % 60
        return (usage(choice, 60) - 1 / 60).abs().sum().item()

    plain, balanced = unevenness(0), unevenness(0.95)
    monkeypatch.setattr(matching, "SAMPLE", 600)
    sampled = unevenness(0.95)
    # Of what prices can level, those of two fifths of the places level most.
    assert balanced < 0.6 * plain
    assert plain - sampled > 0.7 * (plain - balanced)


def test_columns_of_many_channels_are_matched_in_their_principal_directions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """200 channels, but all that differs lies in 40 directions: nothing is lost."""
    monkeypatch.setattr(matching, "FEW", 0)
    hidden = random(40, 200, seed=5)
    query, style = random(300, 40) @ hidden, random(200, 40, seed=1) @ hidden
    expected = similarity(query, style).argmax(dim=1)
    assert torch.equal(match(query, places(style), balance=0), expected)


def test_directions_in_which_the_painting_hardly_differs_count_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """200 directions of falling variance, as those of feature columns are."""
    monkeypatch.setattr(matching, "FEW", 0)
    falling = 0.985 ** torch.arange(200.0)
    query, style = random(300, 200) * falling, random(200, 200, seed=1) * falling
    table = similarity(query, style)
    choice = match(query, places(style), balance=0)
    # 2 % of the variance are left out. That changes choices, for others that are about as good.
    assert not torch.equal(choice, table.argmax(dim=1))
    assert table.max(dim=1).values.mean() - table[torch.arange(300), choice].mean() < 0.001


def test_few_places_are_compared_in_all_directions() -> None:
    query, style = random(300, 200), random(200, 200, seed=1)
    expected = similarity(query, style).argmax(dim=1)
    assert torch.equal(match(query, places(style), balance=0), expected)


def test_the_same_choice_is_made_each_time() -> None:
    query, style = random(4000), places(random(3500, seed=1))
    first = match(query, style, balance=0.9, seed=3)
    assert torch.equal(match(query, style, balance=0.9, seed=3), first)


def test_it_needs_no_global_random_numbers() -> None:
    before = torch.random.get_rng_state()
    match(random(50), places(random(40, seed=1)), balance=0.9)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_bfloat16_chooses_places_that_are_as_similar() -> None:
    query, style = random(300, 64), random(200, 64, seed=1)
    table = similarity(query, style)
    exact = table.max(dim=1).values.mean()
    choice = match(query.bfloat16(), places(style.bfloat16()), balance=0)
    # Half of bfloat16's last digit
    assert exact - table[torch.arange(300), choice].mean() < 2**-9


@pytest.mark.parametrize(("is_fast", "computed"), [(True, torch.bfloat16), (False, torch.float32)])
@pytest.mark.parametrize("few", [0, 1024])
def test_bfloat16_is_multiplied_where_that_is_fast_and_otherwise_converted(
    few: int, is_fast: bool, computed: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "multiplies_bfloat16_fast", lambda _: is_fast)
    monkeypatch.setattr(matching, "FEW", few)
    style = places(random(200, 160, seed=1).bfloat16())
    matcher = matching.Matcher.without_prices(style)
    assert matcher.theirs.dtype == computed
    assert matcher._along_axes(random(30, 160).bfloat16()).dtype == computed


def test_parts_that_are_converted_do_not_change_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "multiplies_bfloat16_fast", lambda _: False)
    monkeypatch.setattr(matching, "FEW", 0)
    query, style = random(300, 160).bfloat16(), places(random(200, 160, seed=1).bfloat16())
    at_once = match(query, style, balance=0.5)
    monkeypatch.setattr(matching, "_CONVERTED", 64)
    assert torch.equal(match(query, style, balance=0.5), at_once)


@pytest.mark.parametrize("balance", [-0.1, 1.01])
def test_a_balance_out_of_range_is_refused(balance: float) -> None:
    with pytest.raises(ValueError, match=f"balance is {balance}"):
        match(COMPASS, places(COMPASS), balance=balance)
