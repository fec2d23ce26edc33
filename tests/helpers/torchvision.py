"""torchvision's own models, data sets and transforms, beside whichever build of torch there is."""

from __future__ import annotations

import importlib
from typing import Any

import torch

# torchvision's operators are linked against CUDA on Linux, and do not load beside a torch without.
# Nothing here calls them, but to import the rest, their schemas must be known.
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_library: list[Any] = []  # what it defines ends with it


def module(name: str) -> Any:
    """Returns a module of torchvision ("torchvision.models")."""
    try:
        return importlib.import_module(name)
    except RuntimeError:
        _library.append(torch.library.Library("torchvision", "DEF"))  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            _library[0].define(schema)
        return importlib.import_module(name)
