"""benchmarks.pairs and what paints, judges and times them: the same pictures for everyone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import commits, common, pairs
from benchmarks.commits import Cost
from benchmarks.judge import CONTENT, STYLE, Judgement, summary
from benchmarks.paint_pairs import by_commit
from benchmarks.pairs import Pair
from benchmarks.whole_process import report
from tests.benchmarks.scripts import rows, run
from tests.helpers.photographs import CAT, TISSUE, as_bytes, photograph
from tests.helpers.processes import REPOSITORY

CHELSEA = Pair("chelsea", "swirls")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder in which a photograph and a style are kept."""
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(as_bytes(photograph(CAT, 96, 64))).save(folder / "chelsea.png")
    Image.fromarray(as_bytes(photograph(TISSUE, 80, 80))).save(folder / "swirls.png")
    return folder


def test_every_photograph_is_paired_with_every_style() -> None:
    assert len(set(pairs.PAIRS)) == 25
    assert {(pair.content, pair.style) for pair in pairs.PAIRS} == {
        (content, style) for content in pairs.CONTENTS for style in pairs.STYLES
    }
    assert CHELSEA.painting(Path("old")) == Path("old/chelsea-swirls.png")


def test_pairs_are_chosen_by_name() -> None:
    assert pairs.named([]) == list(pairs.PAIRS)
    assert pairs.named(["chelsea-swirls"]) == [CHELSEA]
    with pytest.raises(ValueError, match=r"no pair 'cat-swirls'.*chelsea-swirls"):
        pairs.named(["cat-swirls"])


def test_a_photograph_is_the_shipped_one_and_what_is_kept_is_used(tmp_path: Path) -> None:
    file = pairs.content("chelsea", tmp_path)
    with Image.open(file) as image, Image.open(common.shipped("skimage.data", CAT)) as shipped:
        assert np.array_equal(np.asarray(image), np.asarray(shipped))
    file.write_text("another")
    assert pairs.content("chelsea", tmp_path).read_text() == "another"


def test_a_package_that_is_missing_is_named_with_the_remedy() -> None:
    with pytest.raises(SystemExit, match=r"x\.png comes with no_such_package.*pip install"):
        common.shipped("no_such_package.images", "x.png")


def test_pastiche_paints_what_is_missing_and_says_what_it_took(
    inputs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pastiche"
    arguments = ("--size", 64, "--steps", 2, "--inputs", inputs, "--pairs", CHELSEA)
    printed = run("paint_pairs.py", "pastiche", folder, *arguments)
    with Image.open(CHELSEA.painting(folder)) as painting:
        assert painting.size == (64, 43)
    record = json.loads(CHELSEA.record(folder).read_text())
    assert (record["painter"], record["size"], record["steps"]) == ("pastiche", 64, 2)
    # Nobody imports torch in less.
    assert record["seconds"] > 0.2
    assert record["peak_mib"] > 100
    assert f"{CHELSEA}: {record['seconds']:.1f} s" in printed
    before = CHELSEA.painting(folder).stat().st_mtime_ns
    assert f"{CHELSEA}: is there" in run("paint_pairs.py", "pastiche", folder, *arguments)
    assert CHELSEA.painting(folder).stat().st_mtime_ns == before
    assert sorted(file.name for file in folder.iterdir()) == [f"{CHELSEA}.json", f"{CHELSEA}.png"]


def test_a_commit_paints_with_its_own_command(inputs: Path, tmp_path: Path) -> None:
    result = tmp_path / "result.png"
    arguments = ["--size", "64", "--evaluations", "1", "--coarsest", "0"]
    cost = by_commit(REPOSITORY, inputs / "chelsea.png", inputs / "swirls.png", result, arguments)
    assert cost.seconds > 0.2
    with Image.open(result) as painting:
        assert painting.size == (96, 64)


def test_the_judge_finds_a_photograph_to_be_itself(inputs: Path, tmp_path: Path) -> None:
    with Image.open(inputs / "chelsea.png") as image:
        for name in ("as-is", "bleached"):
            (tmp_path / name).mkdir()
            painting = image if name == "as-is" else image.point(lambda sample: 128 + sample // 2)
            painting.save(CHELSEA.painting(tmp_path / name))
    alone = Pair("coffee", "swirls").painting(tmp_path / "bleached")
    image.save(alone)
    CHELSEA.record(tmp_path / "as-is").write_text('{"seconds": 12.4, "peak_mib": 345.6}')
    folders = (f"itself={tmp_path / 'as-is'}", tmp_path / "bleached")
    printed = run("judge.py", *folders, "--inputs", inputs, "--size", 96)
    itself, bleached = rows(printed, CHELSEA.content)
    assert itself[:4] == ["chelsea-swirls", "itself", "1.000", "1.0000"]
    assert itself[-2:] == ["12", "346"]
    assert float(bleached[2]) < 1
    assert float(bleached[3]) != 1
    assert [row[1] for row in rows(printed, "mean of 1")] == [
        "itself", "bleached", "photographs", "styles",
    ]  # fmt: skip
    assert "bleached: 1 more, which not all folders have" in printed
    assert "files were brought to" not in printed
    assert "faces found again, itself: 0 of 0" in printed


def test_files_of_another_size_are_named(inputs: Path, tmp_path: Path) -> None:
    Image.new("RGB", (120, 80)).save(CHELSEA.painting(tmp_path))
    printed = run("judge.py", f"enlarged={tmp_path}", "--inputs", inputs, "--size", 96)
    assert "enlarged: 1 of 1 files were brought to 96 pixels first" in printed


def judged(content: float, style: float, again: int) -> Judgement:
    return Judgement({CONTENT: content, STYLE: style}, faces=2, faces_again=again)


def test_folders_are_compared_by_means_pairs_and_faces() -> None:
    other = Pair("coffee", "swirls")
    found = {
        CHELSEA: {"old": judged(0.2, 0.04, 1), "new": judged(0.4, 0.02, 2)},
        # Nearly the same content, and more of a distance from the style.
        other: {"old": judged(0.4, 0.04, 0), "new": judged(0.4 + 1e-9, 0.05, 1)},
    }
    content, style, *faces = summary(found)
    assert content == (
        "content new/old: 0.4000 / 0.3000 = 1.333 (more is better); better in 1 of 2 pairs"
    )
    assert style == (
        "style new/old: 0.0350 / 0.0400 = 0.875 (less is better); better in 1 of 2 pairs"
    )
    assert faces == ["faces found again, old: 1 of 4", "faces found again, new: 3 of 4"]


def test_whole_runs_are_compared_by_medians_and_peaks() -> None:
    runs = {
        "old": [Cost(20, 1000), Cost(24, 1200), Cost(90, 900)],
        "new": [Cost(11, 600), Cost(12, 500), Cost(12.5, 550)],
    }
    _, _, old, new, seconds, memory = report({"old": "1a2b", "new": "HEAD"}, runs).splitlines()
    assert old.split() == ["old:", "1a2b", "20.0", "24.0", "90.0", "24.0", "1200"]
    assert new.split() == ["new:", "HEAD", "11.0", "12.0", "12.5", "12.0", "600"]
    assert seconds == "seconds new/old: 12.0 / 24.0 = 0.500, 2.00 times faster"
    assert memory == "peak memory new/old: 600 / 1200 = 0.500"


def test_a_process_is_measured_with_its_memory(tmp_path: Path) -> None:
    (tmp_path / "hungry.py").write_text("held = b'x' * (300 << 20)")
    cost = commits.measured("hungry", folder=tmp_path)
    assert cost.seconds > 0
    assert cost.peak_mib > 300


def test_a_process_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text("raise SystemExit(3)")
    with pytest.raises(SystemExit, match=r"exit code 3: .*-m failing"):
        commits.measured("failing", folder=tmp_path)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two commits, in place of this one."""
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    own = ("user.name=x", "user.email=x@x", "commit.gpgsign=false")
    git = ["git", "-C", str(folder), *(word for setting in own for word in ("-c", setting))]
    for text in ("first", "second"):
        (folder / "file").write_text(text)
        subprocess.run([*git, "add", "file"], check=True)
        subprocess.run([*git, "commit", "-qm", text], check=True)
    monkeypatch.setattr(common, "REPOSITORY", folder)
    return folder


def test_commits_are_checked_out_side_by_side_and_leave_nothing(
    repository: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    names = commits.identified("HEAD~1"), "HEAD", "HEAD"
    with (
        commits.checked_out(names[0], work) as first,
        commits.checked_out(names[1], work) as second,
        commits.checked_out(names[2], work) as again,
    ):
        texts = [(checkout / "file").read_text() for checkout in (first, second, again)]
        assert texts == ["first", "second", "second"]
    assert list(work.iterdir()) == []
    listed = ["git", "-C", str(repository), "worktree", "list"]
    assert len(subprocess.check_output(listed).splitlines()) == 1


def test_a_commit_that_is_not_there_is_named(repository: Path) -> None:
    with pytest.raises(SystemExit, match="no commit 'nowhere'"):
        commits.identified("nowhere")
    assert commits.identified("HEAD") != commits.identified("HEAD~1")
    assert repository.is_dir()
