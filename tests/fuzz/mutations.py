"""Files that were whole once: bytes are changed, cut off, left out, doubled or put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

# What numbers in headers are apt to be compared with.
_EDGES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff",
          b"\0\0\0\x80", b"\1\0\0\0", b"\0\0\0\1")  # fmt: skip


class Edit(NamedTuple):
    """One change.

    Attributes:
        kind: the name of a function in this module's table.
        place: where, as a share of the file; most headers are short, and at its beginning.
        value: what is put there.
        length: how many bytes are concerned.
    """

    kind: str
    place: float
    value: bytes
    length: int


def _overwritten(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + edit.value + data[at + len(edit.value) :]


def _inserted(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + edit.value + data[at:]


def _left_out(data: bytes, at: int, edit: Edit) -> bytes:
    return data[:at] + data[at + edit.length :]


def _doubled(data: bytes, at: int, edit: Edit) -> bytes:
    return data[: at + edit.length] + data[at:]


def _cut_off(data: bytes, at: int, _edit: Edit) -> bytes:
    return data[:at]


_KINDS: dict[str, Callable[[bytes, int, Edit], bytes]] = {
    "overwrite": _overwritten,
    "insert": _inserted,
    "leave out": _left_out,
    "double": _doubled,
    "cut off": _cut_off,
}

edits = st.lists(
    st.builds(
        Edit,
        # Most often a byte is changed: anything else mostly ends at the first check.
        st.sampled_from([*["overwrite"] * 4, *_KINDS]),
        st.floats(0, 1) | st.floats(0, 0.05),
        st.sampled_from(_EDGES) | st.binary(min_size=1, max_size=4),
        st.integers(1, 64),
    ),
    min_size=1,
    max_size=5,
)


def mutated(data: bytes, changes: list[Edit]) -> bytes:
    """Returns a file with changes made to it, one after the other."""
    for edit in changes:
        data = _KINDS[edit.kind](data, int(edit.place * len(data)), edit)
    return data
