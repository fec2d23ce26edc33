"""nst_contract.errors: whatever fails becomes something to act upon."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from nst_contract import errors
from nst_contract.errors import NstError, explain

LOG = Path("/where/the/log/is/nst.log")


def test_an_error_of_our_own_is_kept() -> None:
    error = NstError(errors.WEIGHTS, "what happened", "what to do")
    assert explain(error, LOG) is error


def test_an_error_reads_as_what_happened_and_what_to_do() -> None:
    assert str(NstError(errors.DISK, "It is full.", "Make room.")) == "It is full. Make room."


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory"
        ),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] data. DefaultCPUAllocator: not enough memory: "
            "you tried to allocate 4294967296 bytes."
        ),
    ],
    ids=["python", "cuda", "mps", "cpu", "cpu on Windows"],
)
def test_lack_of_memory_is_told_as_such(error: Exception) -> None:
    explained = explain(error, LOG)
    assert explained.code == errors.MEMORY
    assert "smaller size" in explained.advice


def test_torch_still_uses_those_words_on_the_cpu() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert explain(caught.value, LOG).code == errors.MEMORY


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_the_file(number: int) -> None:
    explained = explain(OSError(number, "full", "/some/file.png"), LOG)
    assert explained.code == errors.DISK
    assert "/some/file.png" in explained.message


@pytest.mark.parametrize(
    "error",
    [
        ValueError("surprise"),
        RuntimeError("surprise"),
        OSError(errno.EIO, "surprise"),
        KeyError("surprise"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_everything_else_points_to_the_log(error: Exception) -> None:
    explained = explain(error, LOG)
    assert explained.code == errors.INTERNAL
    assert type(error).__name__ in explained.message
    assert "surprise" in explained.message
    assert str(LOG) in explained.advice
