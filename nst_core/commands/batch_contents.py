"""The pictures of a folder, and what a batch passes over there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from nst_contract.errors import BAD_INPUT, NstError
from nst_contract.printable import printable
from nst_core.pictures import picture_sources, written_formats

ADVICE = (
    "A batch paints the files of one folder that end in one of "
    f"{picture_sources.formats()}; call it for each folder."
)
_MOST_NAMES = 20


@dataclass(frozen=True)
class Contents:
    """What is in a folder.

    Attributes:
        names: of its pictures, sorted.
        passed_over: everything else, in words; "" for nothing.
    """

    names: Sequence[str]
    passed_over: str


def found(folder: Path, results: Path) -> Contents:
    """Returns the pictures of a folder.

    Args:
        folder: where they are; its folders are not looked into.
        results: the folder for the results, which is not worth a word.

    Raises:
        NstError: (bad-input) if the folder cannot be read, or there are no pictures in it.
    """
    try:
        # Hidden files are no pictures of the user's, whatever they are called.
        entries = sorted(path for path in folder.iterdir() if path.name[0] != ".")
        folders = [path for path in entries if path.is_dir()]
        pictures = [path for path in entries if _is_picture(path)]
        known = {*folders, *pictures}
        others = [path for path in entries if path not in known]
        folders = [path for path in folders if not _is_same(path, results)]
    except OSError as error:
        raise NstError(
            BAD_INPUT,
            f"{folder} cannot be read as a folder ({error.strerror}).",
            "Name a folder of pictures.",
        ) from error
    if not pictures:
        raise NstError(
            BAD_INPUT,
            f"There are no pictures in {folder}.",
            f"Name a folder of pictures that end in one of {picture_sources.formats()}.",
        )
    parts = [
        f"{what} {_listed(paths)}"
        for what, paths in (("the folders", folders), ("the files", others))
        if paths
    ]
    passed_over = f"Passed over in {folder}: {' and '.join(parts)}." if parts else ""
    return Contents([path.name for path in pictures], passed_over)


def largest_first(folder: Path, names: Sequence[str]) -> list[str]:
    """Returns the names of pictures by their numbers of pixels; what cannot be read comes last."""

    def pixels(name: str) -> int:
        try:
            with picture_sources.opened(folder / name) as opened:
                return int(opened.image.width * opened.image.height)
        except NstError:
            return 0  # what is wrong is said when it is painted

    return sorted(names, key=pixels, reverse=True)


def result_name(name: str, names: Collection[str]) -> str:
    """Returns the name of a picture's result: its own, with .png behind it if that is not written.

    Args:
        name: of the picture.
        names: of all pictures, since no two results may have the same name.
    """
    if Path(name).suffix.lower() in written_formats.SUFFIXES:
        return name
    result = f"{name}.png"
    while result in names:
        result += ".png"
    return result


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in picture_sources.suffixes() and path.is_file()


def _is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _listed(paths: Sequence[Path]) -> str:
    names = ", ".join(printable(path.name) for path in paths[:_MOST_NAMES])
    more = len(paths) - _MOST_NAMES
    return f"{names} and {more} more" if more > 0 else names
