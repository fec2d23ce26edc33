"""What a person has stays: no result, and no checkpoint, ever replaces what a command reads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from nst_contract.errors import BAD_INPUT, NstError
from nst_core.commands import kept_files
from nst_core.networks import mini_vgg
from nst_core.networks.mini_vgg import UNCHANGED, NetworkFacts
from nst_core.training.model import MiniVgg
from tests.helpers.cifar import FOLDER, write_cifar
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, as_bytes, photograph
from tests.helpers.processes import assert_refused

QUICK = (
    "--size", "48", "--coarsest", "0", "--evaluations", "2", "--threads", "1", "--device", "cpu"
)  # fmt: skip
ABOUT = NetworkFacts((0.5, 0.5, 0.5), (0.2, 0.2, 0.2), UNCHANGED, "CIFAR-100", 0.5)
# Each picture that nst stylize can be given, as its options name it.
ROLES: dict[str, Callable[[Path], list[str | Path]]] = {
    "the content": lambda own: [own, "style.png"],
    "a style": lambda own: ["photo.png", own],
    "a style's mask": lambda own: ["photo.png", "style.png", "--style-mask", own],
    "the mask": lambda own: ["photo.png", "style.png", "--mask", own],
    "the strength mask": lambda own: ["photo.png", "style.png", "--strength-mask", own],
    "the picture to start from": lambda own: ["photo.png", "style.png", "--start-from", own],
    "the earlier result": lambda own: ["photo.png", "style.png", "--like", own],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with pictures; own.png is what must stay."""
    for name, photo in (("photo", COFFEE), ("style", TISSUE), ("own", CAT)):
        Image.fromarray(as_bytes(photograph(photo, 64, 48))).save(tmp_path / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_stays(folder: Path, arguments: Sequence[str | Path], message: str) -> None:
    """Asserts that a command is refused with this message, and changes nothing."""
    before = contents(folder)
    assert_refused(nst(*arguments), message, "another name")
    assert contents(folder) == before


# nst stylize -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_a_result_does_not_replace_what_is_read(role: str, folder: Path) -> None:
    if "earlier" in role:
        assert nst("stylize", "photo.png", "style.png", "-o", "own.png", *QUICK).returncode == 0
    arguments: list[str | Path] = [
        "stylize",
        *ROLES[role](folder / "own.png"),
        "-o",
        folder / "own.png",
    ]
    assert_stays(folder, arguments, f"own.png is to be the result, but it is {role} as well")


def symbolic(own: Path) -> Path:
    (own.parent / "link.png").symlink_to("own.png")
    return own.parent / "link.png"


def hard(own: Path) -> Path:
    os.link(own, own.parent / "hard.png")
    return own.parent / "hard.png"


@pytest.mark.parametrize(
    "spelled",
    [
        symbolic, hard, lambda _: Path("own.png"), lambda own: own.parent / "." / "." / "own.png",
        lambda own: own.parent / ".." / own.parent.name / "own.png",
    ],
    ids=["symbolic link", "hard link", "relative", "dots", "around"],
)  # fmt: skip
def test_nor_by_a_link_or_another_spelling(spelled: Callable[[Path], Path], folder: Path) -> None:
    result = spelled(folder / "own.png")
    arguments: list[str | Path] = ["stylize", folder / "own.png", "style.png", "-o", result]
    assert_stays(folder, arguments, "it is the content as well")


def test_nor_through_a_linked_folder(folder: Path) -> None:
    (folder / "link").symlink_to(".")
    before = contents(folder)
    run = nst("stylize", "own.png", "style.png", "-o", folder / "link" / "own.png")
    assert_refused(run, "it is the content as well", "another name")
    assert contents(folder) == before


def test_weights_and_backbones_stay_too(folder: Path) -> None:
    # Whatever they are called: a name of a picture is one that a result could have.
    mini_vgg.save(folder / "net.png", MiniVgg(8, 10).state_dict(), ABOUT)
    for option, value in (
        ("--backbone", f"mini-vgg16:{folder / 'net.png'}"),
        ("--weights", str(folder / "net.png")),
    ):
        own: list[str | Path] = ["stylize", "own.png", "style.png", "-o", folder / "net.png"]
        arguments = [*own, option, value]
        assert_stays(folder, arguments, f"it is the {option[2:]} as well")


def test_a_checkpoint_never_replaces_another_programs_file(folder: Path) -> None:
    (folder / "empty").touch()
    shutil.copy(folder / "own.png", folder / "foreign.png")
    for name in ("foreign.png", "empty"):
        arguments = ["stylize", "own.png", "style.png", "-o", "r.png", "--checkpoint", name, *QUICK]
        assert_stays(folder, arguments, f"{name} is there already, and is no checkpoint")
    arguments = ["stylize", "own.png", "style.png", "-o", "r.png", "--checkpoint", "own.png"]
    assert_stays(folder, arguments, "own.png is to be the checkpoint, but it is the content")


def test_result_and_checkpoint_are_two_files(folder: Path) -> None:
    for output, saved in (("r.png", "r.png"), ("r.png", f"../{folder.name}/r.png")):
        line = ["stylize", "own.png", "style.png", "-o", output, "--checkpoint", saved, *QUICK]
        assert_stays(folder, line, "is to be the checkpoint, but it is the result as well")


def test_the_checkpoint_that_is_resumed_is_no_place_for_the_result_but_goes_on(
    folder: Path,
) -> None:
    pictures: list[str | Path] = ["stylize", "photo.png", "style.png"]
    saved = folder / "saved.png"
    run = nst(*pictures, "-o", "r.png", *QUICK, "--checkpoint", saved, "--checkpoint-every", "1")
    assert run.returncode == 0, run.stderr
    assert_stays(
        folder, [*pictures, "-o", saved, "--resume", "saved.png"], "it is the checkpoint as well"
    )
    before = saved.stat().st_mtime_ns
    again = nst(*pictures, "-o", "r.png", "--resume", "saved.png", "--checkpoint", saved)
    assert again.returncode == 0, again.stderr
    run = nst(*pictures, "-o", "r.png", *QUICK, "--checkpoint", saved, "--checkpoint-every", "1")
    assert run.returncode == 0, run.stderr  # an earlier checkpoint is replaced
    assert saved.stat().st_mtime_ns != before


# Other commands ----------------------------------------------------------------------------------


def test_a_built_in_style_does_not_replace_the_photograph_of_its_palette(folder: Path) -> None:
    own = "own.png"
    for what in (["swirls", "-o", own], ["--sheet", own]):
        assert_stays(folder, ["styles", *what, "--palette-from", own, "--size", "64"], "photograph")


def test_a_training_replaces_neither_its_data_nor_files_of_others(folder: Path) -> None:
    data = write_cifar(folder, train=10, test=1)
    train: list[str | Path] = ["train", "--data", data, "--out", folder / "net.safetensors"]
    (folder / "net.report.md").symlink_to(Path(FOLDER) / "SHA256SUMS")
    assert_stays(folder, [*train, "--overwrite"], "it is the data set as well")
    (folder / "net.report.md").unlink()

    for name in ("net.report.md", "net.curves.png"):
        (folder / name).write_text("my own notes")
        before = contents(folder)
        assert_refused(nst(*train), f"{name} is there already", "different name")
        assert contents(folder) == before
        (folder / name).unlink()

    (folder / "net.checkpoint").write_text("my own notes")
    for begin in ([], ["--overwrite"], ["--resume"]):
        before = contents(folder)
        run = nst(*train, *begin)
        assert_refused(run, "net.checkpoint is there already, and is no unfinished", "move that")
        assert contents(folder) == before


def test_two_files_that_are_not_there_yet_are_told_apart_by_where_they_would_be(
    tmp_path: Path,
) -> None:
    (tmp_path / "link").symlink_to("b")
    kept_files.check([("one", tmp_path / "a"), ("two", tmp_path / "b")], [])
    with pytest.raises(NstError, match="is to be two, but it is one as well") as caught:
        kept_files.check([("one", tmp_path / "b"), ("two", tmp_path / "link")], [])
    assert caught.value.code == BAD_INPUT
