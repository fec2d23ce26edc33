"""Keeps what was painted in the history."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

from nst_gimp.arguments.layer_records import LayerRecord
from nst_gimp.image import style_choices
from nst_gimp.saved import history

_log = logging.getLogger(__name__)


def keep(record: LayerRecord, layer: Any, seconds: float) -> None:
    """Keeps a result; that it cannot be kept is no reason to spoil it.

    Args:
        record: how it was painted.
        layer: the result.
        seconds: how long that took.
    """
    picture = style_choices.of_layer(layer, "").thumbnail
    try:
        png = b"" if picture is None else picture.save_to_bufferv("png", [], [])[1]
        size = layer.get_width(), layer.get_height()
        history.add(history.PastResult(asdict(record), time.time(), seconds, *size, bytes(png)))
    except Exception:
        _log.exception("the result is not kept in the history")
