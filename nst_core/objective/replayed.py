"""Repeats the evaluations of small pictures on GPUs without launching each of their steps anew.

A GPU computes the maps of a small picture sooner than the processor can ask for them one by one. A
CUDA graph is recorded once and asked for as a whole: half the time at 512 pixels, nothing gained
at 1024 (docs/performance.md).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

_log = logging.getLogger(__name__)

# Returns losses (any number of them) and the gradient of one, of a picture (1, 3, height, width).
Function: TypeAlias = Callable[[Tensor], tuple[Tensor, Tensor]]

# Larger pictures keep a GPU busy anyway, and a graph has memory of its own.
_MOST_PIXELS = 2**19


@functools.cache
def _beside(device: torch.device) -> torch.cuda.Stream:
    """Returns a stream beside the usual one, always the same: cuBLAS takes memory for each."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


class Replayed:
    """A function of pictures of one size, whose work does not depend on what is in them.

    Args:
        function: must not wait for the device.
    """

    # Once a recording has failed, what CUDA's libraries and torch's allocator make of it is
    # uncertain: this process records no more. ROCm calls its devices cuda too; nobody has tried.
    _can_record = torch.version.hip is None

    def __init__(self, function: Function) -> None:
        self._function = function
        self._graph: torch.cuda.CUDAGraph | None = None
        self._is_warm = False

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Returns what the function returns."""
        is_small = image.shape[2] * image.shape[3] <= _MOST_PIXELS
        if not (is_small and image.is_cuda and (self._graph or Replayed._can_record)):
            return self._function(image)
        if not self._is_warm:
            return self._warmed_up(image)
        if self._graph is None:
            try:
                self._record(image)
            except RuntimeError:
                _log.warning("this objective cannot be recorded as a CUDA graph", exc_info=True)
                Replayed._can_record = False
                return self._function(image)
        return self._replay(image)

    def _warmed_up(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Computes it once outside a graph: libraries prepare themselves at their first call."""
        here, beside = torch.cuda.current_stream(image.device), _beside(image.device)
        beside.wait_stream(here)
        with torch.cuda.stream(beside):
            found = self._function(image)
        here.wait_stream(beside)
        self._is_warm = True
        return found

    def _record(self, image: Tensor) -> None:
        self._image = image.clone()
        graph = torch.cuda.CUDAGraph()
        with (
            # Also if it fails, this stream is the current one afterwards.
            torch.cuda.stream(torch.cuda.current_stream(image.device)),
            # Threads of other devices may take memory meanwhile.
            torch.cuda.graph(
                graph, stream=_beside(image.device), capture_error_mode="thread_local"
            ),
        ):
            self._found = self._function(self._image)
        self._graph = graph

    def _replay(self, image: Tensor) -> tuple[Tensor, Tensor]:
        assert self._graph is not None  # noqa: S101 (it was recorded)
        self._image.copy_(image)
        self._graph.replay()
        losses, gradient = self._found
        return losses, gradient.clone()
