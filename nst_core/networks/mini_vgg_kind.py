"""Whether a file is a network of ``nst train``, told without torch, which takes seconds to load."""

from __future__ import annotations

from pathlib import Path

import safetensors

KIND = "gimp-neural-style mini-vgg16"


def is_mini_vgg(path: Path) -> bool:
    """Tells whether a file says that ``nst train`` wrote it, in whatever version.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb"):
        pass  # safetensors raises errors without a number
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return (file.metadata() or {}).get("kind") == KIND
    except safetensors.SafetensorError:
        return False
