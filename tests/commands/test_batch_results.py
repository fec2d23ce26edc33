"""What ``nst batch`` keeps, replaces and paints anew: what is somebody's own stays there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_contract.platforms import files
from nst_core.pictures import picture_files
from tests.commands.studio import JOURNAL, SIZES, Studio, contents, events, save, times
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT
from tests.helpers.processes import PATIENCE, assert_refused


def summary(run: subprocess.CompletedProcess[str]) -> tuple[int, int, int]:
    """Returns how many were painted, were there already, and failed."""
    last = events(run.stdout)[-1]
    return last["painted"], last["skipped"], last["failed"]


# Replacing earlier results -----------------------------------------------------------------------


def test_overwrite_replaces_each_result_only_as_its_successor_is_written(finished: Studio) -> None:
    before = contents(finished.results)
    (finished.photos / "b.JPG").write_bytes(b"no picture")
    run = finished.batch("--json", "--seed", "5", "--overwrite", evaluations=0)
    assert run.returncode == 1
    assert summary(run) == (2, 0, 1)
    after = contents(finished.results)
    assert after["b.JPG"] == before["b.JPG"]
    assert all(after[name] != before[name] for name in ("a.png", "c.tif", JOURNAL))


def test_an_overwrite_that_paints_nothing_changes_nothing(finished: Studio) -> None:
    before = contents(finished.results)
    run = finished.batch("--seed", "5", "--overwrite", "--memory", "0.001")
    assert run.returncode == 1
    assert contents(finished.results) == before
    assert finished.batch(evaluations=0).returncode == 0  # as it was painted before


def test_overwrite_paints_all_again_even_in_the_same_way(finished: Studio) -> None:
    before = times(finished.results)
    run = finished.batch("--json", "--overwrite", evaluations=0)
    assert summary(run) == (3, 0, 0)
    after = times(finished.results)
    assert all(after[name] > before[name] for name in SIZES)


def test_no_old_result_passes_for_a_new_one(finished: Studio) -> None:
    good = (finished.photos / "b.JPG").read_bytes()
    (finished.photos / "b.JPG").write_bytes(b"no picture")
    finished.batch("--seed", "5", "--overwrite", evaluations=0)
    (finished.photos / "b.JPG").write_bytes(good)
    run = finished.batch("--json", "--seed", "5", evaluations=0)
    assert summary(run) == (1, 2, 0)
    assert picture_files.read_record(finished.results / "b.JPG").settings["seed"] == 5


@pytest.mark.parametrize("there", ["a journal", "no journal"])
def test_overwrite_never_touches_what_this_program_has_not_painted(
    there: str, finished: Studio
) -> None:
    save(finished.results / "a.png", CAT, 20, 20)
    (finished.results / "c.tif").unlink()
    (finished.results / "c.tif").mkdir()
    if there == "no journal":
        (finished.results / JOURNAL).unlink()
    own = (finished.results / "a.png").read_bytes()
    run = finished.batch("--json", "--overwrite", "--seed", "5", evaluations=0)
    assert run.returncode == 1
    assert summary(run) == (1, 0, 2)
    told = {event["picture"]: event for event in events(run.stdout)[:-1]}
    for name in ("a.png", "c.tif"):
        assert told[name]["event"] == "warning"
        assert "is there already" in told[name]["message"]
        assert "Move it away" in told[name]["advice"]
    assert (finished.results / "a.png").read_bytes() == own
    assert (finished.results / "c.tif").is_dir()


def test_a_picture_that_appears_while_it_paints_stays(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.results.mkdir()
    read = picture_files.read

    def saved_meanwhile(path: Path, *rest: Any, **more: Any) -> object:
        if path.name == "b.JPG":
            save(studio.results / path.name, CAT, 20, 20)
        return read(path, *rest, **more)

    monkeypatch.setattr(picture_files, "read", saved_meanwhile)
    run = studio.batch("--json", evaluations=0)
    assert summary(run) == (2, 0, 1)
    with Image.open(studio.results / "b.JPG") as kept:
        assert kept.size == (20, 20)


@pytest.mark.parametrize("why", ["it is write-protected", "another program has it open"])
def test_a_result_that_must_stay_is_named_before_it_is_painted_and_the_others_are_painted(
    why: str, finished: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, names = picture_files.read, []

    def watch(path: Path, *rest: Any, **more: Any) -> object:
        names.append(path.name)
        return read(path, *rest, **more)

    monkeypatch.setattr(picture_files, "read", watch)
    kept = finished.results / "a.png"
    if "open" in why:  # as it is on Windows
        monkeypatch.setattr(files, "is_held", lambda path: path == kept)
    else:
        kept.chmod(0o444)
    before = kept.read_bytes()
    run = finished.batch("--json", "--overwrite", "--seed", "5", evaluations=0)
    assert run.returncode == 1
    assert summary(run) == (2, 0, 1)
    (told,) = (event for event in events(run.stdout)[:-1] if event["event"] == "warning")
    assert told["picture"] == "a.png"
    assert why in told["message"]
    assert kept.read_bytes() == before
    assert "a.png" not in names


def by_hand(studio: Studio) -> None:
    nst(
        "stylize", studio.photos / "a.png", studio / "style.png", "-o", studio.results / "a.png",
        "--evaluations", "0",
    )  # fmt: skip


def test_what_was_painted_by_hand_is_replaced_only_where_that_is_asked_for(
    finished: Studio,
) -> None:
    by_hand(finished)
    before = contents(finished.results)
    run = finished.batch(evaluations=0)
    assert run.returncode == 1
    assert "no batch has painted it" in run.stderr
    assert "--overwrite" not in run.stderr
    assert contents(finished.results) == before
    assert finished.batch("--overwrite", evaluations=0).returncode == 0
    assert picture_files.read_record(finished.results / "a.png").batch


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize("target", ["photograph", "style"])
def test_a_result_never_replaces_an_input_through_a_link(
    link: object, target: str, finished: Studio
) -> None:
    # All of them are paintings of this program, and so would pass for earlier results.
    painted = (finished.results / "a.png").read_bytes()
    file = finished.photos / "a.png" if target == "photograph" else finished / "style.png"
    file.write_bytes(painted)
    (finished.results / "a.png").unlink()
    link(file, finished.results / "a.png")  # type: ignore[operator]
    run = finished.batch("--json", "--overwrite", evaluations=0)
    assert summary(run) == (2, 0, 1)
    assert file.read_bytes() == painted


def test_results_of_another_kind_are_not_replaced_because_the_journal_is_gone(
    finished: Studio,
) -> None:
    (finished.results / JOURNAL).unlink()
    before = contents(finished.results)
    assert_refused(finished.batch("--seed", "5", evaluations=0), "painted otherwise", "another")
    assert contents(finished.results) == before


def test_results_of_the_same_kind_are_recognised_without_their_journal(finished: Studio) -> None:
    (finished.results / JOURNAL).write_text("damaged")
    refused = finished.batch(evaluations=0)
    assert "Move it away" in refused.stderr
    (finished.results / JOURNAL).unlink()
    (finished.results / "b.JPG").unlink()
    assert summary(finished.batch("--json", evaluations=0)) == (1, 2, 0)


# What is done ------------------------------------------------------------------------------------


def test_a_replaced_picture_is_painted_anew_whatever_its_date(finished: Studio) -> None:
    save(finished.photos / "a.png", CAT, 40, 32)
    os.utime(finished.photos / "a.png", (0, 0))
    run = finished.batch("--json", evaluations=0)
    assert summary(run) == (1, 2, 0)
    result, photo = (picture_files.read(at / "a.png") for at in (finished.results, finished.photos))
    assert np.array_equal(result.rgb, photo.rgb)


def test_a_picture_dated_in_the_future_is_painted_once(finished: Studio) -> None:
    for name in SIZES:
        os.utime(finished.photos / name, (2**33, 2**33))
    before = times(finished.results)
    assert summary(finished.batch("--json", evaluations=0)) == (0, 3, 0)
    assert times(finished.results) == before


def test_a_renamed_picture_is_painted_under_its_new_name(finished: Studio) -> None:
    (finished.photos / "a.png").rename(finished.photos / "z.png")
    assert summary(finished.batch("--json", evaluations=0)) == (1, 2, 0)


# One batch at a time -----------------------------------------------------------------------------

_HOLD = """
import sys
from pathlib import Path
from nst_core.storage.folder_lock import locked
with locked(Path(sys.argv[1])) as is_free:
    print(is_free, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("more", [[], ["--overwrite", "--seed", "5"]], ids=["same", "overwrite"])
def test_a_second_batch_in_the_same_folder_is_refused(more: list[str], finished: Studio) -> None:
    (finished.results / "b.JPG").unlink()
    before = contents(finished.results)
    link = finished / "link"
    link.symlink_to(finished.results)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, link], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == b"True\n"
        run = finished.batch(*more, evaluations=0)
        assert_refused(run, "Another batch is painting into", "Wait until")
        assert contents(finished.results) == before
        first.kill()
        first.wait(PATIENCE)
    # However the first one ended.
    assert finished.batch(evaluations=0).returncode == 0
    assert finished.painted == list(SIZES)


def test_a_batch_keeps_others_out_while_it_paints(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, second = picture_files.read, []

    def while_it_paints(path: Path, *rest: Any, **more: Any) -> object:
        if path.name == "b.JPG":
            second.append(studio.batch("--overwrite", "--seed", "5", evaluations=0))
        return read(path, *rest, **more)

    monkeypatch.setattr(picture_files, "read", while_it_paints)
    assert studio.batch(evaluations=0).returncode == 0
    assert_refused(second[0], "Another batch is painting into", "another folder")
    assert all(
        picture_files.read_record(studio.results / name).settings["seed"] == 0 for name in SIZES
    )


# What is passed over -----------------------------------------------------------------------------


def test_a_picture_without_enough_memory_is_passed_over(studio: Studio) -> None:
    save(studio.photos / "b.JPG", CAT, 4000, 3000)
    for _ in range(2):
        run = studio.batch("--json", "--preset", "fine", "--memory", "1", evaluations=1)
        assert run.returncode == 1
        (warning,) = (event for event in events(run.stdout) if event["event"] == "warning")
        assert warning["picture"] == "b.JPG"
        assert "GiB" in warning["message"]
        assert studio.painted == ["a.png", "c.tif"]


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB.")],
    ids=["python", "torch"],
)
def test_memory_that_runs_out_ends_one_picture_alone(
    error: Exception, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = picture_files.read

    def out_of_memory(path: Path, *rest: Any, **more: Any) -> object:
        if path.name == "b.JPG":
            raise error
        return read(path, *rest, **more)

    monkeypatch.setattr(picture_files, "read", out_of_memory)
    run = studio.batch("--json", evaluations=0)
    assert summary(run) == (2, 0, 1)
    assert studio.painted == ["a.png", "c.tif"]


def test_formats_and_folders_that_are_passed_over_are_named(studio: Studio) -> None:
    (studio.photos / "below").mkdir()
    (studio.photos / "IMG_1.CR2").write_bytes(b"raw")
    (studio.photos / "lost.png").symlink_to("nowhere.png")
    shutil.copy(studio.photos / "a.png", studio.photos / "no\x1bsuffix")
    inside = studio.photos / "painted"
    for _ in range(2):
        run = nst(
            "batch", studio.photos, studio / "style.png", "-o", inside, "--evaluations", "0"
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        (warning,) = (line for line in run.stderr.splitlines() if line.startswith("Warning"))
        assert "the folders below and the files IMG_1.CR2, lost.png, no\\x1bsuffix." in warning
        assert "png, jpg" in warning


def test_a_long_list_of_what_is_passed_over_is_cut(studio: Studio) -> None:
    for number in range(30):
        (studio.photos / f"{number:02}.txt").touch()
    run = studio.batch(evaluations=0)
    (warning,) = (line for line in run.stderr.splitlines() if line.startswith("Warning"))
    assert "19.txt and 10 more." in warning
