"""``nst weights``: lists what there is, and downloads when asked; and weights that are missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from nst_core.networks import weights_catalog
from nst_core.networks.weights_catalog import TORCHVISION
from tests.helpers.in_process import nst
from tests.helpers.processes import assert_refused
from tests.helpers.server import DATA, SHA256, Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server whose file stands in for torchvision's."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as server:
        published = replace(TORCHVISION, url=server.url, sha256=SHA256, size=len(DATA))
        monkeypatch.setattr(weights_catalog, "PUBLISHED", (published,))
        yield server


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_person_sees_a_bar_and_the_path(server: Server, data_folder: Path) -> None:
    run = nst("weights", "download", "torchvision")
    assert run.returncode == 0, run.stderr
    path = data_folder / "gimp-neural-style-weights" / "vgg19.pth"
    assert run.stdout == f"{path}\n"
    assert path.read_bytes() == DATA
    assert "100%" in run.stderr
    assert "5.12M/5.12M" in run.stderr
    again = nst("weights", "download", "torchvision")
    assert again.stdout == run.stdout
    assert len(server.asked) == 1
    assert str(path) in nst("weights").stdout


def test_a_program_sees_the_progress(server: Server) -> None:
    server.cut = 2_000_000
    broken = nst("weights", "--json", "download", "torchvision")
    assert broken.returncode == 1
    *_, progress, error = [json.loads(line) for line in broken.stdout.splitlines()]
    assert (progress["bytes"], progress["of"]) == (2_000_000, len(DATA))
    assert (error["event"], error["code"]) == ("error", "weights")

    run = nst("weights", "download", "torchvision", "--json")
    first, *_, last, done = [json.loads(line) for line in run.stdout.splitlines()]
    assert first["bytes"] > 2_000_000
    assert last["bytes"] == len(DATA)
    assert done["event"] == "done"
    assert Path(done["file"]).read_bytes() == DATA
    assert run.stderr == ""


def test_a_download_that_fails_is_told_with_the_remedy(server: Server) -> None:
    server.status = 503
    run = nst("weights", "download", "torchvision")
    assert run.returncode == 1
    assert run.stdout == ""
    assert "the server says 503" in run.stderr
    assert "the same command continues from there" in run.stderr


def test_weights_are_listed_for_people_and_for_programs() -> None:
    run = nst("weights")
    assert run.returncode == 0, run.stderr
    assert "installed" in run.stdout
    assert "nst weights download torchvision" in run.stdout
    caffe, torchvision = [json.loads(x) for x in nst("weights", "--json").stdout.splitlines()]
    assert (caffe["choice"], caffe["is_installed"]) == ("caffe", True)
    assert Path(caffe["path"]).is_file()
    assert (torchvision["choice"], torchvision["is_installed"]) == ("torchvision", False)


def test_only_what_is_published_can_be_downloaded() -> None:
    run = nst("weights", "download", "monet")
    assert run.returncode == 2
    assert "torchvision" in run.stderr


@pytest.mark.parametrize("command", ["stylize", "batch"])
def test_weights_that_are_not_there_are_told_before_anything_else(
    command: str, tmp_path: Path
) -> None:
    for name in ("photo.png", "style.png"):
        Image.new("RGB", (32, 32)).save(tmp_path / name)
    out = tmp_path / ("out" if command == "batch" else "r.png")
    first = tmp_path if command == "batch" else tmp_path / "photo.png"
    run = nst(command, first, tmp_path / "style.png", "-o", out, "--weights", "torchvision")
    assert_refused(run, "not downloaded yet", "nst weights download torchvision")
    assert not out.exists()
