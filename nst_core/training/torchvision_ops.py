"""Makes ``import torchvision`` work with a torch that does not match its compiled part.

torchvision's wheels for Linux are linked against CUDA. With a CPU-only torch the compiled part does
not load, and the Python part then fails on the names of two operators that only the compiled part
declares. Nothing here calls these operators, so declaring them is enough.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@functools.cache
def declare() -> torch.library.Library | None:
    """Declares the operators unless torchvision's compiled part does; call it before importing.

    Returns:
        An object that keeps any declarations alive; the cache holds on to it.
    """
    if _compiled_part_loads():
        return None
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    return library


def _compiled_part_loads() -> bool:
    package = importlib.util.find_spec("torchvision")
    for folder in (package.submodule_search_locations or []) if package else []:
        for file in Path(folder).glob("_C.*"):
            try:
                torch.ops.load_library(str(file))  # type: ignore[no-untyped-call]
            except OSError:
                continue
            return True
    return False
