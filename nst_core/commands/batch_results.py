"""What lies in the folder of a batch's results: what it has painted, and what is somebody's own.

Each result's record holds a checksum of what it was made from: the picture's file, the styles, the
settings and the version. So no date decides what is done, and a picture that was replaced is
painted anew.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.pictures import picture_files
from nst_core.storage.same_file import identity

_REMEDY = "Move it away, or name another folder for the results."


class State(enum.Enum):
    """What lies where the result of a picture belongs."""

    MISSING = enum.auto()
    # The result of this picture, painted like this.
    DONE = enum.auto()
    # A batch's result of something else: another picture of this name, or painted otherwise.
    OUTDATED = enum.auto()
    # This program's, but not a batch's: painted by hand.
    BY_HAND = enum.auto()
    # Anything else. It is never touched.
    FOREIGN = enum.auto()


@dataclass(frozen=True)
class Results:
    """The folder of the results.

    Attributes:
        folder: where it is.
        inputs: pictures that are painted or taken a style from: nothing may replace them.
        overwrite: whether a result that was painted by hand may be replaced.
    """

    folder: Path
    inputs: frozenset[tuple[int, int]]
    overwrite: bool

    @classmethod
    def of(cls, folder: Path, inputs: Iterable[Path], overwrite: bool) -> Results:
        """Returns the results of a batch.

        Args:
            folder: of the results.
            inputs: the files that nothing may replace, through whatever links.
            overwrite: as above.
        """
        return cls(folder, frozenset(filter(None, map(identity, inputs))), overwrite)

    def state(self, name: str, made_from: str) -> State:
        """Returns what lies where a result belongs.

        Args:
            name: of the picture.
            made_from: the checksum of what its result is made from.
        """
        path = self.folder / name
        if not os.path.lexists(path):
            return State.MISSING
        if identity(path) in self.inputs:
            return State.FOREIGN
        try:
            batch = picture_files.read_record(path).batch
        except NstError:
            return State.FOREIGN
        if not batch:
            return State.BY_HAND
        return State.DONE if batch == made_from else State.OUTDATED

    def may_be_replaced(self, state: State) -> bool:
        """Tells whether a result may be written where something of this state is."""
        if self.overwrite:
            return state is not State.FOREIGN
        return state in (State.MISSING, State.OUTDATED, State.DONE)

    def check_replaceable(self, name: str, made_from: str) -> None:
        """Makes sure, just before a result is written, that nothing has come into its way.

        Raises:
            NstError: (bad-input) if something has.
        """
        state = self.state(name, made_from)
        if not self.may_be_replaced(state):
            raise in_the_way(self.what_is_there(name, state))

    def what_is_there(self, name: str, state: State) -> str:
        """Returns what stands where a result belongs, in words."""
        why = {
            State.BY_HAND: "no batch has painted it",
            State.OUTDATED: "it was painted otherwise",
        }.get(state, "it does not say that this program has painted it")
        return f"{self.folder / name} is there already, and {why}."


def in_the_way(what: str) -> NstError:
    """Returns the error of something that stands where a result belongs, and stays there."""
    return NstError(BAD_INPUT, what, _REMEDY)
