"""``install.sh --notebook``: what is announced, what is run, and what becomes of the reader's copy.

The programs are stood in for by a script that notes how it was called, in the place of the
engine's Python.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nst_contract.errors import INTERNAL, NstError
from nst_install import notebook, prefix
from nst_install.options import CHECKOUT, Options, read_options

from .conftest import Run, files_below

# Notes its arguments and environment, then does what a test wants.
_PYTHON = """#!/bin/sh
printf '%s\\n' "$@" > "$NOTES/arguments"
env > "$NOTES/environment"
{does}
"""


@pytest.fixture
def options(home: Path) -> Options:
    return read_options(["--notebook", "--no-gimp"], home, {"NOTES": str(home), "LANG": "C.UTF-8"})


@pytest.fixture
def folder(options: Options) -> Path:
    """Where the notebook's files go."""
    folder = options.prefix / prefix.NOTEBOOK
    folder.mkdir(parents=True)
    return folder


def stand_in(options: Options, does: str) -> None:
    python = options.prefix / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(_PYTHON.format(does=does))
    python.chmod(0o755)


def arguments(home: Path) -> list[str]:
    return (home / "arguments").read_text(encoding="utf-8").splitlines()


def test_run_goes_with_notebook_alone(install: Run, home: Path) -> None:
    done = install("--demo", "--run")
    assert done.returncode == 2
    assert "--run needs --notebook" in done.stderr
    assert files_below(home) == {}


@pytest.mark.parametrize(("more", "says"), [([], "in JupyterLab"), (["--run"], "executed.ipynb")])
def test_a_rehearsal_names_the_download_and_every_file_and_changes_nothing(
    install: Run, home: Path, more: list[str], says: str
) -> None:
    plain = install("--dry-run", "--no-gimp")
    done = install("--dry-run", "--no-gimp", "--notebook", *more)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert str(home / ".local/share/gimp-neural-style/notebook") in done.stdout
    assert download(done.stdout) > download(plain.stdout)
    assert files_below(home) == {}


def download(said: str) -> int:
    (line,) = (line for line in said.splitlines() if line.startswith("To download: about "))
    return int(line.split()[3])


def test_it_is_executed_into_a_copy_whose_path_is_said_last(
    options: Options, folder: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(options, 'touch "$4"')
    before = notebook.SOURCE.read_bytes()
    assert notebook.execute(options, folder) == 0
    executed = folder / "executed.ipynb"
    script = CHECKOUT / "docs" / "execute_notebook.py"
    assert arguments(home) == ["-I", str(script), "--to", str(executed)]
    assert capsys.readouterr().out.splitlines()[-1] == str(executed)
    assert notebook.SOURCE.read_bytes() == before


def test_a_cell_that_fails_is_quoted_and_leaves_no_older_copy_to_be_taken_for_the_result(
    options: Options, folder: Path
) -> None:
    stand_in(options, "echo 'NameError: sky is not defined'; exit 1")
    (folder / "executed.ipynb").write_text("of last week")
    with pytest.raises(NstError) as caught:
        notebook.execute(options, folder)
    assert caught.value.code == INTERNAL
    assert "NameError: sky is not defined" in caught.value.message
    assert str(folder / "execute.log") in caught.value.advice
    assert not (folder / "executed.ipynb").exists()


def test_jupyterlab_opens_a_copy_and_asks_the_network_for_nothing(
    options: Options, folder: Path, home: Path
) -> None:
    stand_in(options, "exit 0")
    assert notebook.open_lab(options, folder) == 0
    module, *rest = arguments(home)[1:]
    assert [module, rest[0], rest[-1]] == ["-m", "jupyterlab", str(folder / notebook.SOURCE.name)]
    assert "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate" in rest
    assert "--LabApp.news_url=None" in rest
    assert "--LabApp.extension_manager=readonly" in rest


def test_a_jupyterlab_that_does_not_start_comes_with_the_other_way(
    options: Options, folder: Path
) -> None:
    stand_in(options, "exit 3")
    with pytest.raises(NstError) as caught:
        notebook.open_lab(options, folder)
    assert "3" in caught.value.message
    assert "--run" in caught.value.advice


def test_ctrl_c_is_the_usual_way_to_end_jupyterlab(
    options: Options, folder: Path, home: Path
) -> None:
    # The installer gets the signal from below, a second after it began to wait.
    stand_in(options, "sleep 1; kill -INT $PPID; exec sleep 60")
    opens = (
        "from pathlib import Path; from nst_install import notebook, options; import sys\n"
        "home, folder, notes = map(Path, sys.argv[1:])\n"
        "given = options.read_options(['--notebook'], home, {'NOTES': str(notes)})\n"
        "sys.exit(notebook.open_lab(given, folder))"
    )
    done = subprocess.run(
        [sys.executable, "-c", opens, home, folder, home],
        # Shells start what runs in the background with Ctrl+C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    assert str(folder / notebook.SOURCE.name) in done.stdout.splitlines()[-1]


def test_all_that_jupyter_keeps_lies_below_the_installation(
    options: Options, folder: Path, home: Path
) -> None:
    stand_in(options, "exit 0")
    notebook.open_lab(options, folder)
    kept = dict(
        line.partition("=")[::2]
        for line in (home / "environment").read_text(encoding="utf-8").splitlines()
    )
    for name in (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "IPYTHONDIR",
        "MPLCONFIGDIR",
    ):
        assert Path(kept[name]).is_relative_to(folder), name


def test_what_the_reader_wrote_into_the_copy_is_there_the_next_time(folder: Path) -> None:
    copy = notebook.readers_copy(folder)
    assert copy.read_bytes() == notebook.SOURCE.read_bytes()
    copy.write_text("my own cells")
    assert notebook.readers_copy(folder) == copy
    assert copy.read_text() == "my own cells"


def test_a_newer_notebook_sets_the_readers_copy_aside(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / notebook.SOURCE.name
    copy = notebook.readers_copy(folder)
    for number, cells in enumerate(("mine", "mine again"), 1):
        copy.write_text(cells)
        newer.write_text(json.dumps({"version": number}))
        monkeypatch.setattr(notebook, "SOURCE", newer)
        assert notebook.readers_copy(folder).read_bytes() == newer.read_bytes()
        assert copy.with_stem(f"{copy.stem}-{number}").read_text() == cells


def test_uninstalling_leaves_nothing_of_it(install: Run, options: Options, folder: Path) -> None:
    notebook.readers_copy(folder)
    (folder / "jupyter").mkdir()
    (options.prefix / prefix.LOCK).write_text("gimp-neural-style")
    done = install("--uninstall")
    assert done.returncode == 0, done.stderr
    assert not options.prefix.exists()
