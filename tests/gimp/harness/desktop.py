"""A screen and a session bus of one's own: Xvfb and dbus-daemon, and a keyboard (xdotool)."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import IO, Any, ClassVar

from .atspi import GuiError, wait

#: A part of the screen: left, top, width and height, in pixels.
Place = tuple[int, int, int, int]
#: The wheel as mouse buttons.
WHEEL_UP, WHEEL_DOWN = 4, 5
# Of starting the window manager.
_ATTEMPTS = 5


def end(process: subprocess.Popen[Any]) -> None:
    """End PROCESS kindly, else by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Desktop:
    """One for the whole Python process: libatspi stays with the first bus it saw.

    Without `frames` there is no window manager: faster, but all windows lie in one corner.
    """

    _only: ClassVar[Desktop | None] = None

    @classmethod
    def get(cls, size: str = "1280x900", frames: bool = False) -> Desktop:
        """Return the desktop, started on first use with that SIZE and with or without frames."""
        if cls._only is None:
            cls._only = cls(size, frames)
        return cls._only

    def __init__(self, size: str, frames: bool) -> None:
        self.size = size
        self._processes: list[subprocess.Popen[Any]] = []
        atexit.register(self.stop)
        self.env = {"NO_AT_BRIDGE": "0", "GDK_BACKEND": "x11"}
        self.env["DISPLAY"] = ":" + self._start_screen()
        os.environ.update(self.env)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self._start_bus()
        os.environ.update(self.env)
        if frames:
            self._start_window_manager()

    def _start_window_manager(self) -> None:
        # on a busy machine a screen that has said its number may not answer at once
        for _attempt in range(_ATTEMPTS):
            manager = subprocess.Popen(["openbox"], stdin=subprocess.DEVNULL)
            wait(partial(has_settled, manager), 60, "window manager")
            if manager.poll() is None:
                self._processes.append(manager)
                return
        raise GuiError("openbox did not start")

    def _start_screen(self) -> str:
        reading, writing = os.pipe()
        screen = ["-screen", "0", f"{self.size}x24", "-nolisten", "tcp"]
        self._processes.append(
            subprocess.Popen(  # Xvfb picks a free display and says which
                ["Xvfb", "-displayfd", str(writing), *screen],
                pass_fds=[writing],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        os.close(writing)
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if not number:
            raise GuiError("Xvfb did not start")
        return number

    def _start_bus(self) -> str:
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(bus)
        out: IO[str] | None = bus.stdout
        assert out is not None
        return out.readline().strip()

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python program of this folder on the desktop; it ends with it."""
        file = Path(__file__).with_name(program)
        process = subprocess.Popen(
            [sys.executable, str(file), *arguments], stdin=subprocess.DEVNULL
        )
        self._processes.append(process)
        return process

    def stop(self) -> None:
        """End screen and bus."""
        for process in reversed(self._processes):
            end(process)

    def windows(self, title: str) -> list[str]:
        """Return the ids of the visible windows whose title matches the regular expression."""
        command = ["xdotool", "search", "--onlyvisible", "--name", title]
        found = subprocess.run(command, capture_output=True, text=True)
        return found.stdout.split()

    def window(self, title: str) -> str:
        """Return the id of the newest visible window with that title (a regular expression)."""
        # accessibility may know a window before the screen does
        return wait(lambda: self.windows(title), 60, f"window {title!r} on the screen")[-1]

    def key(self, keys: str, title: str) -> None:
        """Press e.g. "ctrl+z", or "alt+f o" one after the other, in the window with that title."""
        # nobody else gives the keyboard to a window where there is no window manager
        focus = ["windowfocus", self.window(title)]
        subprocess.run(["xdotool", *focus, "key", "--clearmodifiers", *keys.split()], check=True)

    def close(self, title: str) -> None:
        """Close the window with that title as its cross does; only where windows have frames."""
        self.activate(title)
        subprocess.run(["xdotool", "key", "alt+F4"], check=True)

    def drag(self, start: Place, end: Place) -> None:
        """Drag what lies in one part of the screen to the middle of another."""

        def move(x: int, y: int) -> list[str]:
            return ["mousemove", "--sync", str(x), str(y), "sleep", "0.1"]

        (x, y), (to_x, to_y) = _middle(start), _middle(end)
        commands = [*move(x, y), "mousedown", "1", *move(x + 5, y - 5), *move(x + 20, y - 20)]
        commands += [*move(to_x - 5, to_y), *move(to_x, to_y), "mouseup", "1"]
        subprocess.run(["xdotool", *commands], check=True)

    def activate(self, title: str) -> None:
        """Bring the window with that title to the front; only where windows have frames."""
        command = ["xdotool", "windowactivate", "--sync", self.window(title)]
        subprocess.run(command, check=True)

    def resize(self, title: str, width: int, height: int) -> None:
        """Resize the window with that title."""
        command = ["xdotool", "windowsize", self.window(title), str(width), str(height)]
        subprocess.run(command, check=True)

    def screenshot(
        self,
        path: str | os.PathLike[str],
        window: str = "root",
        part: Place | None = None,
    ) -> Path:
        """Write a PNG of the whole screen, or of the window with that id.

        part: left, top, width and height of what is to be seen of it, in pixels.
        """
        target = Path(os.environ.get("NST_GUI_SHOTS", ".")) / path
        command = ["import", "-silent", "-window", window]
        if part is not None:
            left, top, width, height = part
            command += ["-crop", f"{width}x{height}+{left}+{top}", "+repage"]
        subprocess.run([*command, str(target)], check=True)
        return target

    def click(self, place: Place, button: int = 1, times: int = 1) -> None:
        """Press a mouse button, or turn the wheel, in the middle of a part of the screen."""
        at = map(str, _middle(place))
        again = ["--repeat", str(times), "--delay", "40", str(button)]
        subprocess.run(["xdotool", "mousemove", "--sync", *at, "click", *again], check=True)


def _middle(place: Place) -> tuple[int, int]:
    left, top, width, height = place
    return left + width // 2, top + height // 2


def has_settled(manager: subprocess.Popen[Any]) -> bool:
    """Tell whether a window manager has ended, or says that it looks after the screen."""
    command = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
    found = subprocess.run(command, capture_output=True, text=True)
    return manager.poll() is not None or "window id" in found.stdout
