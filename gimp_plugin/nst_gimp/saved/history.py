"""The last results, and those with a star: how each was painted, and what it looks like."""

from __future__ import annotations

import base64
import binascii
import json
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nst_contract.protocol.limits import is_number, is_whole
from nst_gimp.engine import kept_record
from nst_gimp.saved import saved_files

KIND = "history"
# How many results without a star are kept.
KEPT = 30


@dataclass(frozen=True)
class PastResult:
    """A result.

    Attributes:
        record: how it was painted: the values of a layer's record.
        when: the time of its end, in seconds since 1970.
        seconds: how long it took.
        width, height: of the result, in pixels.
        thumbnail: a small picture of it, as PNG; empty if there is none.
        is_starred: whether it is kept for ever.
        path: its file.
    """

    record: dict[str, Any]
    when: float
    seconds: float
    width: int
    height: int
    thumbnail: bytes = b""
    is_starred: bool = False
    path: Path | None = None


def add(result: PastResult) -> None:
    """Keeps a result, and drops the oldest of those without a star that are too many.

    Raises:
        OSError: if it cannot be kept.
    """
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(result.when))
    _write(result, f"{moment}-{uuid.uuid4().hex[:8]}")
    for old in [past for past in all_of() if not past.is_starred][KEPT:]:
        _remove(old)


def star(result: PastResult, is_starred: bool) -> PastResult:
    """Keeps a result for ever, or no longer; returns it as it then is.

    Raises:
        OSError: if that cannot be written.
    """
    assert result.path is not None  # noqa: S101 (it was read from there)
    changed = replace(result, is_starred=is_starred)
    _write(changed, result.path.stem)
    return changed


def all_of() -> list[PastResult]:
    """Returns all results that can be read, the latest first."""
    found = (_result(path, values) for path, values in saved_files.read_all(KIND))
    return sorted((past for past in found if past), key=lambda past: past.when, reverse=True)


def _write(result: PastResult, name: str) -> None:
    values = {
        "time": result.when,
        "seconds": result.seconds,
        "width": result.width,
        "height": result.height,
        "star": result.is_starred,
        "painted": result.record,
        "thumbnail": base64.b64encode(result.thumbnail).decode(),
    }
    saved_files.write(KIND, name, values)


def _result(path: Path, values: dict[str, Any]) -> PastResult | None:
    record = kept_record.values_in(json.dumps(values.get("painted")).encode())
    numbers: list[Any] = [values.get(name) for name in ("time", "seconds")]
    sides: list[Any] = [values.get(name) for name in ("width", "height")]
    if record is None or not all(is_number(number, 0) for number in numbers):
        return None
    if not all(is_whole(side, 1) for side in sides):
        return None
    when, seconds = map(float, numbers)
    width, height = map(int, sides)
    try:
        thumbnail = base64.b64decode(values.get("thumbnail") or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        thumbnail = b""
    is_starred = values.get("star") is True
    return PastResult(record, when, seconds, width, height, thumbnail, is_starred, path)


def _remove(result: PastResult) -> None:
    if result.path is not None:
        result.path.unlink(missing_ok=True)
