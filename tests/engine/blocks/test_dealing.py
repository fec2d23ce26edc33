"""nst_core.blocks.dealing: every block is painted once, and none before those it needs."""

from __future__ import annotations

import threading

from nst_core.blocks.dealing import Dealer, time_taken
from nst_core.blocks.layout import Block, blocks_of

BLOCKS = blocks_of((400, 300), (96, 96))


def test_one_process_gets_all_of_them_in_their_order() -> None:
    dealer = Dealer(BLOCKS)
    taken = []
    while not dealer.is_over:
        block = dealer.take(patience=0)
        assert block is not None
        taken.append(block)
        dealer.finished(block)
    assert taken == BLOCKS


def test_a_block_waits_for_those_it_needs() -> None:
    dealer = Dealer(BLOCKS)
    together = []
    while (block := dealer.take(patience=0)) is not None:
        together.append(block)
    numbers = {block.number for block in together}
    assert len(together) > 1
    assert all(numbers.isdisjoint(block.needs) for block in together)
    assert not dealer.is_over
    first = together[0]
    dealer.finished(first)
    following = dealer.take(patience=0)
    assert following is None or first.number in following.needs


def test_what_is_painted_already_or_not_at_all_is_not_waited_for() -> None:
    last = BLOCKS[-1]
    assert last.needs
    assert Dealer([last]).take(patience=0) == last
    done = [block.number for block in BLOCKS[:-1]]
    assert Dealer(BLOCKS, done).take(patience=0) == last
    assert Dealer(BLOCKS, [block.number for block in BLOCKS]).is_over


def test_what_a_lost_process_had_is_dealt_out_again_and_first() -> None:
    dealer = Dealer(BLOCKS)
    lost = dealer.take()
    assert lost is not None
    dealer.give_back(lost)
    assert dealer.take() == lost


def test_who_waits_is_woken_when_there_is_something_to_paint_or_nothing_more() -> None:
    one, other = BLOCKS[0], next(block for block in BLOCKS if BLOCKS[0].number in block.needs)
    dealer = Dealer([one, other])
    found: list[Block | None] = []
    assert dealer.take() == one
    waits = threading.Thread(target=lambda: found.append(dealer.take()))
    waits.start()
    dealer.finished(one)
    waits.join()
    assert found == [other]
    waits = threading.Thread(target=lambda: found.append(dealer.take()))
    waits.start()
    dealer.stop()
    waits.join()
    assert found == [other, None]
    assert dealer.is_over


def test_several_processes_paint_each_block_once() -> None:
    dealer = Dealer(BLOCKS)
    painted: list[int] = []

    def work() -> None:
        while (block := dealer.take()) is not None:
            assert set(block.needs) <= set(painted)
            painted.append(block.number)
            dealer.finished(block)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(painted) == list(range(len(BLOCKS)))


def test_the_time_that_blocks_take_is_known_before() -> None:
    """By hand: one at a time where each sees the other; else as many as there are workers."""

    def one(_block: Block, _worker: int) -> float:
        return 1.0

    assert time_taken(BLOCKS, 1, one) == len(BLOCKS)
    all_see_each_other = blocks_of((192, 192), (96, 96))
    assert time_taken(all_see_each_other, 4, one) == len(all_see_each_other) == 4
    # Of 9 blocks, 4 in the corners, 2 above one another, 2 side by side, and the one in the middle.
    nine = blocks_of((288, 288), (96, 96))
    assert time_taken(nine, 4, one) == 4
    assert time_taken(nine, 2, one) == 5
    # A second worker that takes three times as long: all but the middle wait for one block of its.
    assert time_taken(nine, 2, lambda _block, worker: 1 + 2 * worker) == 3 + 3 + 3 + 1
