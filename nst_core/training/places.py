"""The files of a training: its data, its results beside the weights, and whether they can be
written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.networks.mini_vgg_kind import is_mini_vgg
from nst_core.storage import atomic_files, sealed_files
from nst_core.storage.disk_errors import disk_error

# The files of a data set like CIFAR-100, and the folder that they come in.
FOLDER = "cifar-100-python"
PARTS = ("train", "test", "meta")
# The user's own data set comes with its checksums, as written by sha256sum.
CHECKSUMS = "SHA256SUMS"
SUFFIX = ".safetensors"
# What an unfinished training says that it is.
KIND = "gimp-neural-style training 2"
# What each file of a report says that it is, where people do not see it.
REPORT_KIND = "gimp-neural-style training report"
_MOST_OF_A_REPORT = 2**20


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

    @property
    def all(self) -> dict[str, Path]:
        """Every file that is written, by what it is."""
        return {
            "the weights": self.weights,
            "the unfinished training": self.unfinished,
            "the report": self.report,
            "the report's numbers": self.numbers,
            "the report's curves": self.curves,
            "the report's confusions": self.confusion,
        }

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
        for path in self.all.values():
            try:
                atomic_files.check_place(path)
            except OSError as error:
                raise disk_error(path, error) from error
        self._check_unfinished()
        if resume or overwrite:
            self.check_own()
        else:
            self._check_free()

    def check_own(self) -> None:
        """Makes sure that the results replace nothing but those of an earlier training.

        Raises:
            NstError: (bad-input) if there is something else; (disk) if that cannot be told.
        """
        for path in (self.weights, self.report, self.numbers, self.curves, self.confusion):
            _refuse_foreign(path, _is_own, "and nst train has not written it")

    def _check_unfinished(self) -> None:
        """Raises NstError if another program's file is where the unfinished training belongs."""
        _refuse_foreign(
            self.unfinished,
            lambda path: sealed_files.is_of_kind(path, KIND),
            "and is no unfinished training of this version",
        )

    def _check_free(self) -> None:
        if self.unfinished.exists():
            raise NstError(
                BAD_INPUT,
                f"There is an unfinished training: {self.unfinished}.",
                "Continue it with --resume, or choose a different name for --out.",
            )
        for path in self.all.values():
            if path.exists():
                raise NstError(
                    BAD_INPUT,
                    f"{path} is there already.",
                    "Choose a different name for --out.",
                )


def _refuse_foreign(path: Path, is_own: Callable[[Path], bool], why: str) -> None:
    """Raises NstError if there is a file that a training has not written."""
    try:
        is_foreign = path.exists() and not is_own(path)
    except OSError as error:
        raise disk_error(path, error) from error
    if is_foreign:
        raise NstError(
            BAD_INPUT,
            f"{path} is there already, {why}.",
            "Choose a different name for --out, or move that file away.",
        )


def _is_own(path: Path) -> bool:
    if path.suffix == SUFFIX:
        return is_mini_vgg(path)
    with path.open("rb") as file:
        return REPORT_KIND.encode() in file.read(_MOST_OF_A_REPORT)


def place_of_data(folder: Path) -> Path:
    """Returns the folder with the files of a data set, given that or the one around it."""
    inner = folder / FOLDER
    return inner if inner.is_dir() else folder


def data_files(folder: Path) -> list[tuple[str, Path]]:
    """Returns what the files of a data set are and their paths, whether or not they are there."""
    inner = folder / FOLDER
    return [
        ("the data set", place / name) for place in (folder, inner) for name in (*PARTS, CHECKSUMS)
    ]
