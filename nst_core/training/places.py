"""The files of a training, all beside its weights, and checks that they can be written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nst_contract.errors import BAD_INPUT, DISK, NstError

SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Places:
    """Where a training puts its files.

    Attributes:
        weights: the network, once it is trained.
    """

    weights: Path

    @property
    def unfinished(self) -> Path:
        """The unfinished training, as of its latest epoch."""
        return self.weights.with_suffix(".checkpoint")

    @property
    def report(self) -> Path:
        """The report for people; it shows both pictures."""
        return self.weights.with_suffix(".report.md")

    @property
    def numbers(self) -> Path:
        """The report for programs."""
        return self.weights.with_suffix(".report.json")

    @property
    def curves(self) -> Path:
        """A picture of loss and accuracy."""
        return self.weights.with_suffix(".curves.png")

    @property
    def confusion(self) -> Path:
        """A picture of what the worst classes are mistaken for."""
        return self.weights.with_suffix(".confusion.png")

    def check(self, resume: bool, overwrite: bool) -> None:
        """Makes sure, before hours of work, that the results can be saved and none will be lost.

        Args:
            resume: whether to continue an unfinished training.
            overwrite: whether existing files may be replaced.

        Raises:
            NstError: (bad-input, disk) if not.
        """
        if self.weights.suffix != SUFFIX:
            raise NstError(
                BAD_INPUT,
                f"The weights {self.weights} do not have the ending of their format.",
                f"Choose a name that ends in {SUFFIX}.",
            )
        folder = self.weights.parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise NstError(
                DISK,
                f"The folder {folder} does not exist or cannot be written to.",
                "Choose a different place for --out.",
            )
        if not resume and not overwrite:
            self._check_free()

    def _check_free(self) -> None:
        if self.unfinished.exists():
            raise NstError(
                BAD_INPUT,
                f"There is an unfinished training: {self.unfinished}.",
                "Continue it with --resume, or start again with --overwrite.",
            )
        if self.weights.exists():
            raise NstError(
                BAD_INPUT,
                f"{self.weights} is there already.",
                "Choose a different name, or replace it with --overwrite.",
            )
