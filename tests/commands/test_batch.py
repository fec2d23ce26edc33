"""``nst batch``: a folder of pictures into a folder of results."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst_contract import __version__
from nst_contract.errors import DISK, NstError
from nst_core.pictures import picture_files
from tests.commands.studio import JOURNAL, SIZES, Studio, contents, events, furnish, save, times
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT
from tests.helpers.processes import PATIENCE, REPOSITORY, assert_refused, command, environment

# The good case -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def painted(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Studio, subprocess.CompletedProcess[str]]:
    """A painted folder, with other things in it, which nobody may touch; and what was said."""
    studio = furnish(tmp_path_factory.mktemp("painted"))
    (studio.photos / "notes.txt").write_text("no picture")
    shutil.copy(studio.photos / "a.png", studio.photos / ".hidden.png")
    (studio.photos / "below").mkdir()
    shutil.copy(studio.photos / "a.png", studio.photos / "below" / "d.png")
    return studio, studio.batch()


def test_every_picture_gets_a_result_of_its_own_name_and_size(
    painted: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    studio, run = painted
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [str(studio.results / name) for name in SIZES]
    assert studio.painted == list(SIZES)
    for name, size in SIZES.items():
        with Image.open(studio.results / name) as result, Image.open(studio.photos / name) as photo:
            assert result.size == size
            assert not np.array_equal(np.asarray(result), np.asarray(photo))
    untouched = (studio.photos / "a.png").read_bytes()
    assert contents(studio / "phötos" / "below") == {"d.png": untouched}
    journal = json.loads((studio.results / JOURNAL).read_text(encoding="utf-8"))
    assert journal["version"] == __version__
    assert journal["settings"]["evaluations"] == 2
    assert [style["name"] for style in journal["styles"]] == ["style.png"]


def test_a_person_sees_one_bar_for_all_pictures_and_how_it_went(
    painted: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    _, run = painted
    shown = run.stderr.replace("\r", "\n").splitlines()
    bars = [line for line in shown if "of 3 pictures" in line]
    assert "0 of 3 pictures" in bars[0]
    assert "3 of 3 pictures" in bars[-1]
    assert bars[-1].startswith("100%")
    assert all("left]" in line for line in bars)
    assert shown[-1] == "Pictures: 3 painted, 0 there already, 0 failed."


def test_a_program_finds_the_pictures_name_in_each_line_and_a_summary_last(studio: Studio) -> None:
    run = studio.batch("--json")
    assert run.returncode == 0
    assert run.stderr == ""
    *lines, summary = events(run.stdout)
    del summary["time"]
    assert summary == {"event": "summary", "painted": 3, "skipped": 0, "failed": 0}
    told = [(line["picture"], line["event"]) for line in lines]
    kinds = ["ready", "progress", "progress", "done"]
    assert told == [(name, kind) for name in SIZES for kind in kinds]
    done = [line for line in lines if line["event"] == "done"]
    assert [line["file"] for line in done] == [str(studio.results / name) for name in SIZES]


def test_several_styles_make_other_pictures_than_one(
    studio: Studio, painted: tuple[Studio, subprocess.CompletedProcess[str]]
) -> None:
    save(studio / "other.webp", CAT, 32, 24)
    run = nst(
        "batch", studio.photos, studio / "style.png", studio / "other.webp",
        "-o", studio / "both" / "of them", "--evaluations", "2",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    both, one = contents(studio / "both" / "of them"), contents(painted[0].results)
    assert both.keys() == one.keys()
    assert all(both[name] != one[name] for name in SIZES)


# Going on ----------------------------------------------------------------------------------------


def test_a_second_call_paints_nothing_again(finished: Studio) -> None:
    before = times(finished.results)
    run = finished.batch("--json", evaluations=0)
    assert run.returncode == 0
    (summary,) = events(run.stdout)
    assert (summary["painted"], summary["skipped"], summary["failed"]) == (0, 3, 0)
    assert times(finished.results) == before


def test_what_is_new_missing_or_changed_is_painted(finished: Studio) -> None:
    before = contents(finished.results)
    shutil.copy(finished.photos / "a.png", finished.photos / "new.png")
    (finished.results / "b.JPG").unlink()
    result = (finished.results / "c.tif").stat()
    save(finished.photos / "c.tif", CAT, 36, 36)
    os.utime(finished.photos / "c.tif", ns=(0, result.st_mtime_ns))  # not older than the result
    unchanged = (finished.results / "a.png").stat().st_mtime_ns
    run = finished.batch("--json", evaluations=0)
    *done, summary = events(run.stdout)
    assert [line["picture"] for line in done] == ["b.JPG", "c.tif", "new.png"]
    assert (summary["painted"], summary["skipped"]) == (3, 1)
    assert (finished.results / "a.png").stat().st_mtime_ns == unchanged
    assert (finished.results / "c.tif").read_bytes() != before["c.tif"]


def begin(studio: Studio, until: tuple[str, str]) -> subprocess.Popen[bytes]:
    """Starts a batch and returns it when it has told this event of this picture.

    What it tells of a picture is more than the pipe holds. So it waits for its reader, who does
    not read ahead, and comes no further than to the next picture.
    """
    process = subprocess.Popen(
        command(*studio.arguments("--json", evaluations=40)),
        # Shells start what runs in the background with Ctrl+C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        cwd=REPOSITORY, env=environment(), pipesize=4096, bufsize=0,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if (event["picture"], event["event"]) == until:
            break
    return process


def test_it_goes_on_after_it_was_killed(studio: Studio) -> None:
    process = begin(studio, until=("b.JPG", "progress"))
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert studio.painted == ["a.png"]
    before = (studio.results / "a.png").stat().st_mtime_ns
    run = studio.batch("--json", evaluations=40)
    assert run.returncode == 0, run.stderr
    *lines, summary = events(run.stdout)
    assert {line["picture"] for line in lines} == {"b.JPG", "c.tif"}
    assert (summary["painted"], summary["skipped"]) == (2, 1)
    assert studio.painted == list(SIZES)
    assert (studio.results / "a.png").stat().st_mtime_ns == before


def test_ctrl_c_says_that_what_is_painted_is_kept(studio: Studio) -> None:
    # The next picture is just being read, if the process is quick.
    process = begin(studio, until=("a.png", "done"))
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert errors == b""
    last = events(output.decode())[-1]
    assert (last["event"], last["code"]) == ("error", "cancelled")
    assert "kept" in last["advice"]
    assert studio.painted == ["a.png"]


def test_memory_threads_and_device_may_change_on_the_way(finished: Studio) -> None:
    run = finished.batch("--memory", "2", "--threads", "1", "--device", "cpu", evaluations=0)
    assert run.returncode == 0, run.stderr


# Results of two kinds are not mixed --------------------------------------------------------------


def another_style(studio: Studio) -> None:
    save(studio / "style.png", CAT, 32, 32)


def another_version(studio: Studio) -> None:
    path = studio.results / JOURNAL
    path.write_text(path.read_text().replace(f'"{__version__}"', '"0.0.1"'))


def no_change(_studio: Studio) -> None:
    pass


DIFFERENCES: dict[str, tuple[Callable[[Studio], None], list[str], str]] = {
    "a setting": (no_change, ["--seed", "5"], "seed 0, but now it is 5"),
    "a preset": (no_change, ["--preset", "gatys"], "preset normal, but now it is gatys"),
    "a style": (another_style, [], 'the style "style.png"'),
    "the version": (another_version, [], "nst 0.0.1"),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_another_way_of_painting_is_refused(case: str, finished: Studio) -> None:
    change, options, message = DIFFERENCES[case]
    change(finished)
    before = contents(finished.results)
    run = finished.batch(*options, evaluations=0)
    assert run.returncode == 1
    assert run.stdout == ""
    what, remedy = run.stderr.splitlines()
    assert message in what
    assert "another folder" in remedy
    assert "--overwrite" not in remedy
    assert contents(finished.results) == before


def test_a_start_that_needs_a_picture_of_its_own_is_refused(studio: Studio) -> None:
    run = studio.batch("--start", "picture", evaluations=0)
    assert_refused(run, "A batch has no picture to start from", "another start")
    assert not studio.results.exists()


def test_another_number_of_styles_is_refused(finished: Studio) -> None:
    style = finished / "style.png"
    run = nst("batch", finished.photos, style, style, "-o", finished.results, "--evaluations", "0")
    assert run.returncode == 1
    assert "1 style(s), but now there are 2" in run.stderr


def test_overwrite_begins_anew(finished: Studio) -> None:
    before = contents(finished.results)
    run = finished.batch("--seed", "5", "--overwrite")
    assert run.returncode == 0, run.stderr
    after = contents(finished.results)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)
    again = finished.batch("--seed", "5")  # the journal is the new batch's
    assert "0 painted, 3 there already" in again.stderr


@pytest.mark.parametrize(
    "text",
    [
        "", "no journal", "[]", "{}", '"text"', "[" * 100_000,
        '{"kind": "gimp-neural-style batch 1"}',
        '{"kind": "gimp-neural-style batch 1", "version": "1", "settings": [], "styles": [1]}',
        '{"kind": "gimp-neural-style batch 1", "version": "1", "settings": 1, "styles": []}',
    ],
    ids=range(9),
)  # fmt: skip
def test_a_damaged_journal_is_refused(text: str, studio: Studio) -> None:
    studio.results.mkdir()
    (studio.results / JOURNAL).write_text(text)
    run = studio.batch(evaluations=0)
    assert run.returncode == 1
    what, remedy = run.stderr.splitlines()
    assert f"{JOURNAL} is damaged" in what
    assert "Move it away" in remedy
    assert studio.painted == []


def test_a_damaged_journal_can_be_overwritten(studio: Studio) -> None:
    studio.results.mkdir()
    (studio.results / JOURNAL).write_bytes(b"\xff\x00")
    assert "is damaged" in studio.batch(evaluations=0).stderr
    assert studio.batch("--overwrite", evaluations=0).returncode == 0
    assert studio.painted == list(SIZES)


def test_pictures_that_no_batch_painted_are_not_replaced(studio: Studio) -> None:
    studio.results.mkdir()
    save(studio.results / "b.JPG", CAT, 20, 20)
    before = contents(studio.results)
    run = studio.batch(evaluations=0)
    assert run.returncode == 1
    assert "b.JPG is there already" in run.stderr
    assert contents(studio.results) == before


# Bad input ---------------------------------------------------------------------------------------


def test_bad_pictures_among_good_ones_are_named_and_passed_over(studio: Studio) -> None:
    (studio.photos / "0-text.png").write_text("This is no picture.")
    Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(studio.photos / "aa-clear.png")
    Image.new("RGB", (8, 8)).save(studio.photos / "bb-dot.png")
    run = studio.batch()
    assert run.returncode == 1
    assert studio.painted == list(SIZES)
    shown = run.stderr.replace("\r", "\n").splitlines()
    warnings = [line for line in shown if line.startswith("Warning: ")]
    for warning, name in zip(warnings, ("0-text.png", "aa-clear.png", "bb-dot.png"), strict=True):
        assert name in warning
    assert "6 of 6 pictures" in shown[-2]
    assert shown[-1] == "Pictures: 3 painted, 0 there already, 3 failed."
    again = studio.batch("--json")  # they are tried again, and nothing else is
    assert again.returncode == 1
    *told, summary = events(again.stdout)
    assert [line["event"] for line in told] == ["warning"] * 3
    assert [line["picture"] for line in told] == ["0-text.png", "aa-clear.png", "bb-dot.png"]
    assert (summary["painted"], summary["skipped"], summary["failed"]) == (0, 3, 3)


def test_what_would_happen_to_all_pictures_stops_at_the_first(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NstError(DISK, "The disk is full.", "Make room.")

    monkeypatch.setattr(picture_files, "write", full)
    run = studio.batch("--json", evaluations=0)
    assert run.returncode == 1
    (event,) = events(run.stdout)
    assert (event["event"], event["code"], event["picture"]) == ("error", "disk", "a.png")
    assert studio.painted == []


def empty(studio: Studio) -> list[str | Path]:
    (studio / "empty").mkdir()
    (studio / "empty" / "notes.txt").write_text("no picture")
    return [studio / "empty", studio / "style.png"]


def transparent(studio: Studio) -> list[str | Path]:
    Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(studio / "clear.png")
    return [studio.photos, studio / "clear.png"]


def onto_itself(studio: Studio) -> list[str | Path]:
    return [studio.photos, studio / "style.png", "-o", studio.photos / ".." / studio.photos.name]


BAD: dict[str, tuple[Callable[[Studio], list[str | Path]], str, str]] = {
    "an empty folder": (empty, "no pictures in", "png, jpg"),
    "no folder": (lambda s: [s / "no", s / "style.png"], "as a folder", "a folder"),
    "a file": (lambda s: [s / "style.png", s / "style.png"], "as a folder", "a folder"),
    "onto itself": (onto_itself, "would replace the pictures", "another folder"),
    "a missing style": (lambda s: [s.photos, s / "no.png"], "no.png", "spelling"),
    "a transparent style": (transparent, "clear.png", "shows something"),
    "a file for the results": (
        lambda s: [s.photos, s / "style.png", "-o", s / "style.png"], "style.png", "write there",
    ),
    "too small a size": (
        lambda s: [s.photos, s / "style.png", "--size", "8"], "size is 8", "16",
    ),
    "faces without places": (
        lambda s: [s.photos, s / "style.png", "--protect", "faces", "--style-loss", "gram"],
        "protect is 'faces'", "neighbors",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_message_with_the_remedy(case: str, studio: Studio) -> None:
    arguments, message, advice = BAD[case]
    given = arguments(studio)
    before = sorted(studio.folder.rglob("*"))
    output: list[str | Path] = [] if "-o" in given else ["-o", studio.results]
    run = nst("batch", *given, *output)
    assert_refused(run, message, advice)
    assert sorted(studio.folder.rglob("*")) == before  # no folder for results, and nothing else


# Several processes -------------------------------------------------------------------------------


def torchrun(studio: Studio, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2",
            "-m", "nst_core", *map(str, studio.arguments(*more)),
        ],
        # torchrun leaves its folders of logs behind.
        cwd=REPOSITORY, env={**environment(), "TMPDIR": str(studio.folder)}, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_processes_take_the_largest_picture_left_whenever_they_have_painted_one(
    studio: Studio,
) -> None:
    save(studio.photos / "d.webp", CAT, 600, 400)
    run = torchrun(studio, "--json")
    assert run.returncode == 0, run.stderr
    *lines, summary = events(run.stdout)
    del summary["time"]
    assert summary == {"event": "summary", "painted": 4, "skipped": 0, "failed": 0}
    by = {line["picture"]: line["rank"] for line in lines if line["event"] == "done"}
    # The other paints all that is small in less time.
    assert by == dict.fromkeys(("a.png", "b.JPG", "c.tif"), 1 - by["d.webp"]) | {
        "d.webp": by["d.webp"]
    }
    assert studio.painted == ["a.png", "b.JPG", "c.tif", "d.webp"]


def test_failures_of_all_processes_are_counted(studio: Studio) -> None:
    (studio.photos / "b.JPG").write_text("This is no picture.")
    run = torchrun(studio)
    assert run.returncode == 1
    shown = run.stderr.replace("\r", "\n").splitlines()
    assert "Pictures: 2 painted, 0 there already, 1 failed." in shown
    assert any(line.startswith("100%") and "3 of 3 pictures" in line for line in shown)
    (warning,) = (line for line in shown if "Warning: " in line)
    assert "b.JPG" in warning
    assert studio.painted == ["a.png", "c.tif"]


def test_the_loss_of_a_process_is_told_by_the_first(studio: Studio) -> None:
    # Without torchrun, which would end the first process itself.
    (studio.photos / "c.tif").unlink()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}

    def start(rank: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command(*studio.arguments("--json", evaluations=40)),
            cwd=REPOSITORY, env={**environment(), **together, "RANK": str(rank)},
            pipesize=4096, bufsize=0,  # as above: it comes no further than it is read
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    with start(0) as first, start(1) as second:
        assert second.stdout is not None
        while json.loads(second.stdout.readline())["event"] != "progress":
            pass
        second.kill()
        output, _ = first.communicate(timeout=PATIENCE)
    assert first.returncode == 1
    *_, done, error = events(output.decode())
    assert done["event"] == "done"
    assert (error["event"], error["code"]) == ("error", "team")
    assert studio.painted == [done["picture"]]
