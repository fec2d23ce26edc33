"""Checkpoints: a long run continues after an interruption as if there had been none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from nst_contract.errors import BAD_INPUT, NstError, first_line, is_out_of_memory
from nst_contract.messages import Message
from nst_contract.settings import CHECKPOINT_EVERY, SPECS, Settings
from nst_core.pictures.inputs import Inputs
from nst_core.run.checkpoint_place import KIND, NAME
from nst_core.run.fit_to_memory import ScalePlan
from nst_core.run.run_plan import RunPlan
from nst_core.storage import torch_files

_PRIVATE = 0o600  # it holds the user's picture
_START_AGAIN = "Start the run again from the beginning."


@dataclass(frozen=True)
class Resumed:
    """What a checkpoint holds.

    A run that continues empties its states once it has taken them up: with all pairs of L-BFGS,
    they would take as much memory again until its end.

    Attributes:
        settings: of the run.
        precision: of the feature maps when it was saved.
        scale_plans: how each scale is computed.
        pictures: fingerprint of the inputs.
        run, minimizer: states of the tracker and of the optimiser.
        choices: with neighbours, the places that were chosen at the present scale, (places,) for
            each region.
        blocks: state of the present scale's blocks, if it is painted block by block.
    """

    settings: Settings
    precision: str
    scale_plans: Sequence[ScalePlan]
    pictures: str
    run: dict[str, Any]
    minimizer: dict[str, Any]
    choices: Sequence[Tensor] = ()
    blocks: dict[str, Any] | None = None

    @property
    def held(self) -> int:
        """How many bytes its states take, until they have been taken up."""
        return _bytes([self.run, self.minimizer, self.blocks])

    def check(self, inputs: Inputs, plan: RunPlan) -> None:
        """Makes sure that the run continues with the pictures and scales it began with.

        Raises:
            NstError: (bad-input) if they are different.
        """
        if inputs.fingerprint() != self.pictures:
            raise NstError(
                BAD_INPUT,
                "The checkpoint was made with another content, style or mask.",
                "Give the same pictures as before, with the styles in the same order.",
            )
        if len(self.scale_plans) != len(plan.scales):
            raise _misfit(f"it has {len(self.scale_plans)} scales instead of {len(plan.scales)}")


@contextlib.contextmanager
def fitting() -> Iterator[None]:
    """Explains what fails while a run takes up the state in a checkpoint.

    Raises:
        NstError: (bad-input) if it is the state of something else.
    """
    try:
        yield
    except NstError:
        raise
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        raise _misfit(first_line(error)) from error


def _bytes(values: Any) -> int:
    """Returns how many bytes the tensors within a state take."""
    if isinstance(values, Tensor):
        return values.nbytes
    if isinstance(values, Mapping):
        values = [*values.values()]
    return sum(map(_bytes, values)) if isinstance(values, (list, tuple)) else 0


def _misfit(why: str) -> NstError:
    return NstError(BAD_INPUT, f"The checkpoint does not fit its own run ({why}).", _START_AGAIN)


class Checkpoint:
    """Saves a run at regular intervals.

    Args:
        path: the file; it is replaced as a whole each time.
        every: how many evaluations there are between two saves.
    """

    def __init__(self, path: Path, every: int = CHECKPOINT_EVERY) -> None:
        self._path = path
        self._every = every

    def is_due(self, evaluations: int) -> bool:
        """Tells whether it is time to save."""
        return evaluations % self._every == 0

    def save(
        self,
        plan: RunPlan,
        pictures: str,
        run: dict[str, Any],
        minimizer: dict[str, Any] | None = None,
        choices: Sequence[Tensor] = (),
        blocks: dict[str, Any] | None = None,
    ) -> None:
        """Writes the file, either completely or not at all.

        Args:
            plan: the run's current plan.
            pictures: fingerprint of the original inputs.
            run, minimizer: states of the tracker and of the optimiser.
            choices: with neighbours, the places that were chosen at the present scale.
            blocks: state of the present scale's blocks, instead of the optimiser's.

        Raises:
            NstError: (disk) if it cannot be written.
        """
        content = {
            "settings": plan.settings.as_dict(),
            "precision": plan.placement.precision,
            "plans": [asdict(scale_plan) for scale_plan in plan.scale_plans],
            "pictures": pictures,
            "run": run,
            "minimizer": minimizer or {},
            "choices": list(choices),
            "blocks": blocks,
        }
        torch_files.save(self._path, KIND, content, name=NAME, permissions=_PRIVATE)


@contextlib.contextmanager
def going_on(warn: Callable[[str, str], None]) -> Iterator[None]:
    """Lets painting go on if a save fails, with a warning; an earlier checkpoint stays."""
    try:
        yield
    except NstError as error:
        warn(Message("{message} Painting goes on.", message=error.message), error.advice)


def load(path: Path) -> Resumed:
    """Reads a checkpoint: only data, no code in it is run.

    Raises:
        NstError: (bad-input) if there is none, or it is damaged.
    """
    return torch_files.load(
        path,
        KIND,
        _built,
        name=NAME,
        if_missing="Check the spelling of its name.",
        if_damaged=_START_AGAIN,
    )


def _built(content: Mapping[str, Any]) -> Resumed:
    precision = content["precision"]
    if precision not in SPECS["precision"].choices:
        raise ValueError(f"precision is {precision!r}")
    return Resumed(
        settings=Settings.from_dict(_typed(content, "settings", dict)),
        precision=precision,
        scale_plans=[_scale_plan(plan) for plan in _typed(content, "plans", list)],
        pictures=_typed(content, "pictures", str),
        run=_typed(content, "run", dict),
        minimizer=_typed(content, "minimizer", dict),
        choices=_typed(content, "choices", list),
        blocks=None if content["blocks"] is None else _typed(content, "blocks", dict),
    )


def _typed(content: Mapping[str, Any], name: str, kind: type) -> Any:
    value = content[name]
    if not isinstance(value, kind):
        raise ValueError(f"its {name} are of the wrong type")
    return value


def _is_size(value: Any) -> bool:
    return len(value) == 2 and all(type(side) is int and side > 0 for side in value)


def _scale_plan(values: Mapping[str, Any]) -> ScalePlan:
    plan = ScalePlan(**values)
    right = (
        all(size is None or _is_size(size) for size in (plan.tile, plan.block))
        and all(type(count) is int and count >= 0 for count in (plan.history, plan.needs))
        and isinstance(plan.work, float | int)
        and plan.work > 0
    )
    if not right:
        raise ValueError("its plans are of the wrong type")
    return plan
