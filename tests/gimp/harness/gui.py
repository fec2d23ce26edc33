"""Drives a real GIMP window, from a script run by locate.run_gui_script.

    from harness.gui import GimpGui, result

    with GimpGui(["/tmp/photo.png"], plug_in_path=["/repo/plug-ins"]) as gimp:
        gimp.menu("Neural Style")
        dialog = gimp.dialog("neural-style", "Neural Style")
        dialog.spin("Steps", 5)
        dialog.button("OK")
        result(gimp.wait_title("2 layers"))

No coordinates: widgets are found by their names through the accessibility bus.  The
names are the English ones.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from . import profile as profiles
from .atspi import (
    BUTTON,
    WINDOW,
    GuiError,
    Roles,
    application,
    click,
    connect,
    find,
    has_state,
    labels,
    wait,
)
from .desktop import Desktop, end
from .dialog import Dialog

#: Ends the title of GIMP's main window while an image is open.
MAIN_TITLE = " GIMP$"


def result(value: Any) -> None:
    """Hand VALUE (JSON) to the test; the last call counts."""
    Path(os.environ["NST_GUI_RESULT"]).write_text(json.dumps(value), encoding="utf-8")


class GimpGui:
    """A running GIMP with its main window; a context manager that ends it."""

    def __init__(
        self,
        images: Sequence[str | os.PathLike[str]] = (),
        plug_in_path: Iterable[str | os.PathLike[str]] = (),
        *,
        profile: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        lean: bool = True,
        settings: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        size: str = "1280x900",
        frames: bool = False,
    ) -> None:
        """Describe the GIMP to start; `with` starts it.

        images: files to open.
        plug_in_path: folders that hold plug-ins as NAME/NAME.py.
        profile: a folder to keep between runs; default: a fresh one, removed afterwards.
        env: more variables (HOME, too, which by default is an empty folder).
        lean: leave out GIMP's own plug-ins but for python-eval, PNG and JPEG.
        settings: last-used values per procedure, as the text GIMP itself keeps.
        options: more command line options.
        size: of the screen; frames: windows with frames, each in its place (openbox), for
            screenshots; of these two the first GimpGui of a script decides.
        """
        self._images = [os.fspath(image) for image in images]
        self._plug_in_path = list(plug_in_path)
        self._own = profile is None
        self.profile = Path(profile or tempfile.mkdtemp(prefix="gimp-gui."))
        self._env, self._settings, self._lean = dict(env or {}), settings, lean
        self._options = list(options)
        self._size, self._frames = size, frames
        self._process: subprocess.Popen[bytes] | None = None
        self.app: Any = None
        self.main: Any = None

    @property
    def pid(self) -> int:
        """The real pid of GIMP, as seen from this script."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> GimpGui:
        try:
            self._start()
            self._find_window()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        system = profiles.system_plug_ins()
        profiles.write_profile(
            self.profile,
            self._plug_in_path,
            lean=self._lean,
            system=system,
            settings=self._settings,
        )
        desktop = Desktop.get(self._size, self._frames)
        # what GIMP and the plug-ins print goes to the script's own output
        self._process = subprocess.Popen(
            ["gimp", "--new-instance", "--no-splash", *self._options, *self._images],
            env=profiles.environment(self.profile, {**desktop.env, **self._env}),
            stdin=subprocess.DEVNULL,
        )
        connect()

    def _find_window(self) -> None:
        self.app = wait(lambda: application("gimp", self.pid), 60, "GIMP on the accessibility bus")
        self.main = wait(lambda: find(self.app, "frame", showing=True), 60, "GIMP's main window")
        if self._images:
            # they open one after the other; the title has the image's number
            last = f"-{len(self._images)}.0 ("
            wait(lambda: last in self.title(), 60, f"image window with {last!r}")
            # as large as the screen: else there is no room for the progress bar
            width, height = (int(number) for number in Desktop.get().size.split("x"))
            Desktop.get().resize(MAIN_TITLE, width - 10, height - 50)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            end(self._process)
        if self._own:
            shutil.rmtree(self.profile, ignore_errors=True)

    def kill(self) -> None:
        """End GIMP by SIGKILL, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    # --- the main window ---

    def title(self) -> str:
        """Return the main window's title; it tells image, precision, layers and size."""
        frame = find(self.app, "frame", showing=True)
        return str(frame.get_name()) if frame else ""

    def wait_title(self, part: str, timeout: float = 60) -> str:
        """Wait until the title contains PART, e.g. "2 layers"; return it."""
        try:
            wait(lambda: part in self.title(), timeout)
        except GuiError:
            found = self.title()
            raise GuiError(f"no {part!r} in the title {found!r} after {timeout} s") from None
        return self.title()

    def menu_item(self, label: str) -> Any:
        """Return the first menu item whose label starts so, or None; e.g. to ask has_state."""
        return find(self.app, ("menu item", "check menu item"), label)

    def menu(self, label: str) -> None:
        """Choose the menu item whose label starts with LABEL, in whatever menu it is."""
        item = wait(lambda: self.menu_item(label), 60, f"menu item {label!r}")
        wait(lambda: has_state(item, "SENSITIVE"), 60, f"{label!r} sensitive")
        click(item)

    def undo(self) -> None:
        """Undo one step by the Edit menu."""
        self.menu("Undo")

    def key(self, keys: str) -> None:
        """Press keys in the main window, e.g. "ctrl+z"."""
        Desktop.get().key(keys, MAIN_TITLE)

    def progress(self) -> float | None:
        """Return the fraction of the status bar's progress bar, None while there is none.

        Its text is not known to the accessibility bus; a screenshot shows it.
        """
        bar = find(self.main, "progress bar", showing=True)
        return None if bar is None else float(bar.get_value_iface().get_current_value())

    def cancel_progress(self) -> None:
        """Press the status bar's Cancel, which is there while a plug-in reports progress."""
        click(wait(lambda: find(self.main, BUTTON, "Cancel", showing=True), 60, "Cancel button"))

    # --- other windows ---

    def dialog(
        self, program: str, title: str, timeout: float = 60, roles: Roles = WINDOW
    ) -> Dialog:
        """Wait for a window of PROGRAM ("gimp", or a plug-in's name) whose title starts so."""

        def window() -> Any:
            owner = application(program)
            return owner and find(owner, roles, title, showing=True)

        return Dialog(wait(window, timeout, f"window {title!r} of {program!r}"), self.dialog)

    def message(self, timeout: float = 60) -> list[str]:
        """Wait for GIMP's message window; return its texts and close it."""
        dialog = self.dialog("gimp", "GIMP Message", timeout)
        texts = labels(dialog.window)
        dialog.button("OK")
        return texts

    def screenshot(self, path: str | os.PathLike[str]) -> Path:
        """Write a PNG of the whole screen; a relative path is meant in the folder of shots."""
        time.sleep(0.3)  # let GTK draw what it has just been told
        return Desktop.get().screenshot(path)
