"""torchvision's own models, beside whichever build of torch there is."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import torch

# torchvision's operators are linked against CUDA on Linux, and do not load beside a torch without.
# Models need none of them, but to import them, their schemas must be known.
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_library: list[Any] = []  # what it defines ends with it


def models() -> ModuleType:
    """Returns the module ``torchvision.models``."""
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError:
        _library.append(torch.library.Library("torchvision", "DEF"))  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            _library[0].define(schema)
        return importlib.import_module("torchvision.models")
