"""A worker never writes its result or a preview in place of a raster that it was given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.protocol.requests import Raster, Request, StyleRequest
from nst_core.commands.worker_process import Job


def raster(folder: Path, file: str, channels: int = 4) -> Raster:
    """Writes a raster and returns its description."""
    samples = np.random.default_rng(0).integers(0, 256, (32, 32, channels))
    (folder / file).write_bytes(samples.astype(np.uint8).tobytes())
    return Raster(file, 32, 32, "u8", channels)


@pytest.mark.parametrize("file", ["result.raw", "preview-1.raw"])
@pytest.mark.parametrize(
    "role", ["content", "style", "start", "mask", "strength_mask", "style_mask"]
)
def test_a_raster_with_the_name_of_what_is_written_is_refused(
    role: str, file: str, tmp_path: Path
) -> None:
    content, style = (raster(tmp_path, f"{name}.raw") for name in ("content", "style"))
    own = raster(tmp_path, file, 1 if "mask" in role else 4)
    first = StyleRequest(style, mask=own if role == "style_mask" else None)
    styles = (first, StyleRequest(own)) if role == "style" else (first,)
    request = Request(str(tmp_path), content, styles, settings={"evaluations": 0})
    if role in ("content", "start", "mask", "strength_mask"):
        changes: dict[str, Any] = {role: own}
        request = replace(request, **changes)
    before = (tmp_path / file).read_bytes()
    with pytest.raises(NstError, match=file) as caught:
        Job(request, lambda _: None).run([])
    assert caught.value.code == BAD_REQUEST
    assert (tmp_path / file).read_bytes() == before
