"""``install.sh --test``: installs what the tests need, including a GIMP 3, and runs them all.

None of this touches the user's own installation: it stays in the cache folder, which makes the next
run quick.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from nst_contract.errors import INTERNAL, NstError
from nst_contract.platforms import installer, machine, processes
from nst_install import gimp_folders, own_folders
from nst_install.console import say, say_loudly
from nst_install.install import install, venv_in
from nst_install.options import CHECKOUT, Options
from nst_install.venv import child_environment

# The releases of Debian that ship GIMP 3.0 and 3.2.
_SUITES = ("trixie", "sid")
_BUILDER = CHECKOUT / "tests" / "gimp" / "harness" / "rootfs.sh"
# The builder's exit code if a suite is not available on this machine.
_NOT_HERE = 77

# Modules stay whole, which share what is expensive to make, and start in the order of collection.
_PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "--dist=loadscope", "--no-loadscope-reorder")
# At its largest, a worker has a network in memory and has started a GIMP, whose engine has another.
_BYTES_OF_A_WORKER = 4 * 10**9
# From here on, the longest module would be waited for.
_MOST_WORKERS = 8


@dataclass
class Gimps:
    """The real GIMPs for the tests.

    Attributes:
        native: path of a GIMP 3 on this machine, if any.
        roots: root file systems with a GIMP 3 in each.
        missing: one sentence for each unavailable suite, saying why.
    """

    native: str | None = None
    roots: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass
class Builder:
    """Builds the root file systems, one after the other, in parallel with other work.

    Attributes:
        folder: receives a folder and a log for each suite.
        gimps: what is available so far.
    """

    folder: Path
    gimps: Gimps = field(default_factory=Gimps)
    _build: subprocess.Popen[bytes] | None = None
    _stopped: bool = False

    def work(self) -> None:
        """Finds a GIMP 3 on the machine and builds what it can."""
        console = gimp_folders.gimp_console()
        self.gimps.native = console[0] if console else None
        if not sys.platform.startswith("linux"):
            return
        for suite in _SUITES:
            why = self._try_to_build(suite)
            if why is None:
                self.gimps.roots.append(self.folder / suite)
            else:
                self.gimps.missing.append(f"NOT TESTED with the GIMP of Debian {suite}: {why}")

    def stop(self) -> None:
        """Ends the running build, with everything that it started."""
        self._stopped = True
        if self._build is not None and self._build.poll() is None:
            processes.end_group(self._build)
            self._build.wait()

    def _try_to_build(self, suite: str) -> str | None:
        """Returns None once the root file system is ready, otherwise why it is not available."""
        bash = shutil.which("bash")
        if bash is None or not _BUILDER.exists() or self._stopped:
            return f"{_BUILDER} cannot be run."
        self.folder.mkdir(parents=True, exist_ok=True)
        root, log = self.folder / suite, self.folder / f"{suite}.log"
        say(f"Building Debian {suite} with its GIMP in {root} (about 800 MB, only once) ...")
        with log.open("wb") as output:
            self._build = subprocess.Popen(  # noqa: S603
                [bash, str(_BUILDER), suite, str(root)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment(os.environ),
                start_new_session=True,
            )
            code = self._build.wait()
        if code == 0:
            say(f"Debian {suite} with its GIMP is ready.")
            return None
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["?"]
        last = " ".join(lines[-2:])
        reason = "not available here" if code == _NOT_HERE else f"its build failed with {code}"
        return f"{reason}: {last} (the full log is {log})"


def run(options: Options) -> int:
    """Prepares and runs the tests. Returns pytest's exit code.

    Raises:
        NstError: if the tests cannot be prepared.
    """
    if options.dry_run:
        return _say_what_would_be_done(options)
    python, gimps = _prepare(options)
    roots = os.pathsep.join(str(root) for root in gimps.roots)
    environment = child_environment(options.env, NST_GIMP_ROOTFS=roots, PYTHONDONTWRITEBYTECODE="1")
    say()
    for why in gimps.missing:
        say_loudly(why)
    # pytest's summary must be the last thing shown.
    count = workers(machine.cores(), machine.total_memory())
    command = [str(python), *_PYTEST, f"--numprocesses={count}", *options.pytest_arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode  # noqa: S603


def workers(cores: int, memory: int) -> int:
    """Returns how many processes should share the tests.

    Args:
        cores: of the processor, as far as this process may use them.
        memory: of the machine, in bytes.
    """
    return max(1, min(cores, memory // _BYTES_OF_A_WORKER, _MOST_WORKERS))


def prepare(options: Options) -> int:
    """Prepares the tests; the path of their Python is the last line. Returns the exit code.

    Raises:
        NstError: if the tests cannot be prepared.
    """
    if options.dry_run:
        return _say_what_would_be_done(options)
    python, _ = _prepare(options)
    say(str(python))
    return 0


def _prepare(options: Options) -> tuple[Path, Gimps]:
    """Builds the root file systems while the packages are being downloaded."""
    if not (CHECKOUT / "tests").is_dir():
        raise NstError(
            INTERNAL,
            f"There are no tests in {CHECKOUT}.",
            f"Run {installer.SCRIPT} --test from a clone of the project's repository.",
        )
    cache = own_folders.cache_folder(options.home, options.env)
    builder = Builder(cache / "rootfs")
    builds = threading.Thread(target=builder.work, daemon=True)
    builds.start()
    try:
        engine = dataclasses.replace(options, prefix=cache / "test" / "engine", gimp="none")
        install(engine, extras=["test"], link=False)
        if builds.is_alive():
            say("Waiting for the GIMPs to be ready ...")
        builds.join()
    except BaseException:
        builder.stop()
        raise
    _check_gimps(builder.gimps)
    return venv_in(engine.prefix).python, builder.gimps


def _check_gimps(gimps: Gimps) -> None:
    for why in gimps.missing:
        say_loudly(why)
    if gimps.native and not gimps.roots:
        say(f"Testing with the GIMP of this machine, {gimps.native}.")
    if not gimps.roots and not gimps.native:
        raise NstError(
            INTERNAL,
            "There is no GIMP 3 to test with: " + " ".join(gimps.missing),
            "Install GIMP 3, or whatever building the root file systems requires, and try again.",
        )


def _say_what_would_be_done(options: Options) -> int:
    cache = own_folders.cache_folder(options.home, options.env)
    say(f"Would do: Install the engine and the packages for the tests into {cache / 'test'}")
    for suite in _SUITES:
        say(f"Would do: Build Debian {suite} with its GIMP 3 in {cache / 'rootfs' / suite}")
    say("Would do: Run pytest")
    return 0
