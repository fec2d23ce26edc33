"""Every command as a process of its own: what it says goes where it belongs, and how it ends.

What the commands say and do otherwise is tested inside the tests' own process.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nst_contract import __version__
from nst_contract.builtin_style_names import STYLES
from nst_contract.settings import Settings
from nst_core.pictures import picture_files
from nst_core.pictures.inputs import Inputs, Style
from nst_core.pictures.painting_record import PaintingRecord
from tests.helpers.photographs import CAT, TISSUE, photograph
from tests.helpers.processes import assert_refused, nst


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    """A picture that says how it was painted."""
    content, style = photograph(CAT, 20, 16), photograph(TISSUE, 16, 16)
    record = PaintingRecord.of(Settings(), "some weights", Inputs(content, (Style(style),)))
    picture_files.write(content, tmp_path / "painted.png", record)
    return tmp_path / "painted.png"


# The good case of stylize, batch and train is told by tests of theirs that paint and train.
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--version"], __version__),
        (["styles"], list(STYLES)[-1]),
        (["show", "PAINTED"], "some weights"),
        (["weights"], "nst weights download torchvision"),
        (["doctor"], "All is well."),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_result_is_on_standard_output_alone(
    arguments: list[str], said: str, painted: Path
) -> None:
    run = nst(*(painted if word == "PAINTED" else word for word in arguments))
    assert run.returncode == 0, run.stderr
    assert said in run.stdout
    assert run.stderr == ""


REFUSED: dict[str, tuple[Callable[[Path], list[str | Path]], str, str]] = {
    "stylize": (lambda f: [f / "no.png", f / "s.png", "-o", f / "r.png"], "no.png", "spelling"),
    "batch": (lambda f: [f / "no", f / "s.png", "-o", f / "r"], "as a folder", "a folder"),
    "styles": (lambda f: ["swirl", "-o", f / "x.png"], "'swirl'", "pointillism"),
    "show": (lambda f: [f / "no.png"], "no.png", "spelling"),
    "train": (
        lambda f: ["--data", f, "--out", f / "n.safetensors", "--epochs", "0"],
        "epochs is 0", "from 1 to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", REFUSED)
def test_an_error_is_on_standard_error_alone(command: str, tmp_path: Path) -> None:
    arguments, message, advice = REFUSED[command]
    Image.new("RGB", (32, 32)).save(tmp_path / "s.png")
    assert_refused(nst(command, *arguments(tmp_path)), message, advice)


def test_programs_get_an_error_on_standard_output(tmp_path: Path) -> None:
    run = nst("stylize", tmp_path / "no.png", tmp_path / "s.png", "-o", tmp_path / "r", "--json")
    assert (run.returncode, run.stderr) == (1, "")
    assert json.loads(run.stdout)["event"] == "error"


@pytest.mark.parametrize("arguments", [[], ["stylize"], ["weights", "download", "monet"]])
def test_a_wrong_call_ends_with_2(arguments: list[str]) -> None:
    run = nst(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("usage: nst")
    assert "Traceback" not in run.stderr
