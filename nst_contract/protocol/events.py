"""What the engine answers: one event to a line, ``loaded`` first and ``done`` or ``error`` last."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from nst_contract import repairs
from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.messages import Message, from_parts, with_parts
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.requests import Raster


@dataclass(frozen=True)
class Loaded:
    """The engine is loaded and waits for the request."""

    event: ClassVar[str] = "loaded"
    version: str
    device: str
    precision: str
    weights: str
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Ready:
    """The run is planned and begins: what it will take.

    Attributes:
        version, weights: of the engine, and the name of the network's weights.
        device, precision: where and how it is computed.
        needs: bytes of memory, forecast.
        budget: bytes of memory that may be taken.
        plan: for each scale, coarsest first: ``width`` and ``height`` of the picture, the
            ``evaluations`` at it, the ``tile`` (width and height, or null if the picture is
            computed whole), the ``block`` (the side of the largest, in pixels, or null if it is not
            painted block by block), and the ``history`` of L-BFGS in pairs.
        seconds: forecast of the whole run.
    """

    event: ClassVar[str] = "ready"
    version: str
    weights: str
    device: str
    precision: str
    needs: int
    budget: int
    plan: list[dict[str, Any]]
    seconds: float


@dataclass(frozen=True)
class Progress:
    """One evaluation of the objective is done; or, with the same losses, others are at work.

    Attributes:
        evaluation, of: this one, counted from 1, and how many there will be at most.
        scale: long side, in pixels, of the picture being optimised.
        scale_index: position of that scale in the plan of :class:`Ready`, from 0. Two scales may
            have the same long side.
        loss: the whole objective at this scale; content, style: its two parts, weighted.
        fraction: how much of the work is done, 0..1; evaluations at finer scales count more.
        seconds_left: forecast from the evaluations so far.
        block, blocks: where the picture is painted block by block, which one this is, counted from
            1, and how many there are; the loss is that of the block. Otherwise null.
    """

    event: ClassVar[str] = "progress"
    evaluation: int
    of: int
    scale: int
    scale_index: int
    loss: float
    content: float
    style: float
    fraction: float
    seconds_left: float
    block: int | None = None
    blocks: int | None = None


@dataclass(frozen=True)
class Preview:
    """The picture so far, as u8 samples at the scale being optimised, or smaller."""

    event: ClassVar[str] = "preview"
    raster: Raster


@dataclass(frozen=True)
class Caution:
    """The result will come, but the user should know something. On the wire: ``warning``.

    Where a text is a :class:`~nst_contract.messages.Message`, what it is made of goes with it, as
    ``message_parts`` and ``advice_parts``: a template, and values by name.
    """

    event: ClassVar[str] = "warning"
    message: str
    advice: str = ""


@dataclass(frozen=True)
class Done:
    """The result is written; the event has all that is needed to repeat it.

    Attributes:
        file: from a worker, its name in the request's folder: raw samples with the content's
            width, height and sample type. From the command line, the path of the picture.
        evaluations: how many were made.
        first_loss: the objective of the start, at the first scale.
        loss: the objective of the result as saved, with its colours clipped and rounded to the
            picture's bits, at the last scale.
    """

    event: ClassVar[str] = "done"
    file: str
    settings: dict[str, Any]
    seed: int
    weights: str
    evaluations: int
    first_loss: float
    loss: float


@dataclass(frozen=True)
class Error:
    """The run ended without a result; see :mod:`nst_contract.errors` for the codes.

    Its texts go with what they are made of, as those of a :class:`Caution` do.
    """

    event: ClassVar[str] = "error"
    code: str
    message: str
    advice: str


@dataclass(frozen=True)
class Estimate:
    """The answer to an inquiry.

    Attributes:
        number: the inquiry's.
        ready: what would be said at the beginning of such a run.
        error: why there would be no run; otherwise None.
    """

    event: ClassVar[str] = "estimate"
    number: int
    ready: Ready | None = None
    error: Error | None = None


@dataclass(frozen=True)
class Sketched:
    """A sketch so far.

    Attributes:
        number: the sketch's.
        raster: the picture in its final colours, as u8 samples in the request's folder; the file
            is the receiver's to remove. None if there is an error.
        fraction: how much of the work is done, 0..1; 1 says that this is the last one.
        error: why there will be no picture, or no better one; otherwise None.
    """

    event: ClassVar[str] = "sketched"
    number: int
    raster: Raster | None = None
    fraction: float = 1.0
    error: Error | None = None


Event = Loaded | Estimate | Sketched | Ready | Progress | Preview | Caution | Done | Error
_EVENTS: dict[str, type[Event]] = {
    kind.event: kind
    for kind in (Loaded, Estimate, Sketched, Ready, Progress, Preview, Caution, Done, Error)
}
# Fields of events that are objects of their own.
_PARTS: dict[str, type[Any]] = {"raster": Raster, "ready": Ready, "error": Error}


def encode(event: Event) -> str:
    """Returns the event as one line of JSON, line end included."""
    return json.dumps({"event": event.event, **with_parts(asdict(event))}) + "\n"


def decode(line: str) -> Event:
    """Reads one line that :func:`encode` wrote; fields that a later version added are ignored.

    Raises:
        NstError: (bad-request) if the line is not an event.
    """
    try:
        values = json.loads(line)
        kind = _EVENTS[values.pop("event")]
        known = {f.name for f in fields(kind)}
        values = from_parts(values)
        values = {name: value for name, value in values.items() if name in known}
        for name in _PARTS.keys() & values.keys():
            if values[name] is not None:
                values[name] = _PARTS[name](**from_parts(values[name]))
        return kind(**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NstError(
            BAD_REQUEST,
            Message(
                "The engine sent something that is not an event: {line!r}.",
                line=line.strip()[:200],
            ),
            repairs.SAME_VERSION,
        ) from error
