"""nst_contract.platforms and nst_install.systems: one face for each difference between systems."""

from __future__ import annotations

import ast
import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nst_contract.platforms import files, machine

REPOSITORY = Path(__file__).parents[2]
PLATFORMS = REPOSITORY / "nst_contract" / "platforms"
SYSTEMS = REPOSITORY / "nst_install" / "systems"

# Windows has one module that only the others use.
FACES = sorted(path.name for path in (PLATFORMS / "posix").glob("[a-z]*.py"))


def face(path: Path) -> dict[str, list[str]]:
    """Returns a module's public functions with the names of their parameters, and its constants."""
    public: dict[str, list[str]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            # What one of the systems has no use for begins with an underscore there.
            public[node.name] = [argument.arg.lstrip("_") for argument in arguments]
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        public.update({name: [] for name in names if not name.startswith("_")})
    return public


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_the_same_on_all_systems(name: str) -> None:
    used_elsewhere = {"xdg", "local", "roaming"}
    posix, windows = (face(PLATFORMS / kind / name) for kind in ("posix", "windows"))
    assert posix
    assert {key: value for key, value in posix.items() if key not in used_elsewhere} == {
        key: value for key, value in windows.items() if key not in used_elsewhere
    }


def test_the_installer_sees_the_same_face_on_all_systems() -> None:
    posix, windows = (face(SYSTEMS / f"{kind}.py") for kind in ("posix", "windows"))
    used = {
        node.attr
        for path in (REPOSITORY / "nst_install").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "system"
    }
    assert len(used) > 10
    assert {name: posix.get(name) for name in used} == {name: windows.get(name) for name in used}


def test_every_module_of_a_system_is_chosen() -> None:
    chosen = (PLATFORMS / "__init__.py").read_text(encoding="utf-8")
    for name in FACES:
        if name != "__init__.py":
            assert chosen.count(f"        {name.removesuffix('.py')},\n") == 2, name


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"),
    reason="only glibc gives large memory back each time",
)
def test_freed_memory_is_kept_for_what_comes_next() -> None:
    script = """
import resource, sys
from nst_contract.platforms import machine
if "keep" in sys.argv:
    machine.keep_freed_memory()
megabytes = 100
for what in ("at first", "again", "given back"):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    bytearray(b"x") * (megabytes * 2**20)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    print(faults * resource.getpagesize() / 2**20 / megabytes)
    if what == "again":
        machine.give_back_freed_memory()
print(machine.kept_memory())
"""

    def cleared(*more: str) -> list[float]:
        """Returns how much of the memory is cleared each time, 0..1, and what is kept at most."""
        output = subprocess.check_output([sys.executable, "-c", script, *more], cwd=REPOSITORY)
        return [float(line) for line in output.splitlines()]

    assert cleared()[-1] == 0
    assert min(cleared()[:-1]) > 0.9
    first, again, given_back, at_most = cleared("keep")
    assert first > 0.9
    if at_most:  # older glibcs do not let themselves be told
        assert again < 0.1
        assert given_back > 0.9


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' torch brings another OpenMP")
@pytest.mark.parametrize(
    ("load", "looks"),
    [
        ("0.07 1.20 2.00 1/300 4711", True),
        ("1.90 1.20 0.40 1/300 4711", True),  # the picture before
        ("0.20 0.05 0.01 3/300 4711", True),  # GIMP, opening a dialog
        ("1.10 1.00 0.40 2/300 4711", False),
        ("", False),  # a system that does not say
    ],
)
@pytest.mark.parametrize("started", ["", "1", "2", "two"])
def test_threads_look_for_work_before_they_sleep_if_no_other_program_computes(
    load: str, looks: bool, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = {"LOCAL_WORLD_SIZE": started} if started else {}
    if started in ("1", "2") and "2/300" in load:
        looks = True  # the other one is torchrun, or a process of the same run

    def read(path: Path, **_: str) -> str:
        assert path == Path("/proc/loadavg")
        if not load:
            raise FileNotFoundError
        return load

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", read)
        waiting = machine.waiting_threads(env)
    assert waiting["OMP_WAIT_POLICY"] == "PASSIVE"
    assert ("GOMP_SPINCOUNT" in waiting) is looks


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"])
def test_how_the_user_wants_threads_to_wait_is_left_as_it_is(name: str) -> None:
    if sys.platform != "win32" or name == "OMP_WAIT_POLICY":
        assert machine.waiting_threads({name: "1"}) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a test of its own")
def test_a_folder_that_is_write_protected_is_removed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "folder" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    for folder in (inner, inner.parent):
        folder.chmod(0o555)
    rmtree = shutil.rmtree

    def as_no_root(folder: Path) -> None:
        if not inner.stat().st_mode & inner.parent.stat().st_mode & 0o200:
            raise PermissionError
        rmtree(folder)

    monkeypatch.setattr(shutil, "rmtree", as_no_root)
    files.remove_tree(inner.parent)
    assert list(tmp_path.iterdir()) == []
