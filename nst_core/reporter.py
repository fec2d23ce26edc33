"""Shows events to a person (a progress bar on stderr) or to a program (JSON lines on stdout)."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from nst_core.protocol import Caution, Done, Error, Event, Progress, Ready

if TYPE_CHECKING:
    from tqdm import tqdm

_GIB = 2**30


class Reporter:
    """Receives the events of a run.

    Args:
        as_json: whether a program reads them.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._bar: tqdm[Any] | None = None

    def __call__(self, event: Event) -> None:
        if self._as_json:
            line = {"time": round(time.time(), 3), "event": event.event, **vars(event)}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
            return
        match event:
            case Ready():
                self._say(_in_words(event))
            case Progress():
                self._show_progress(event)
            case Caution():
                self._say(f"Warning: {event.message} {event.advice}".rstrip())
            case Error():
                self._close_bar()
                self._say(f"nst: {event.message}\n     {event.advice}")
            case Done():
                self._close_bar()
                sys.stdout.write(f"{event.file}\n")

    def _show_progress(self, event: Progress) -> None:
        if self._bar is None:
            from tqdm import tqdm

            layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}{postfix}]"
            self._bar = tqdm(total=1.0, bar_format=layout, dynamic_ncols=True)
        left = self._bar.format_interval(event.seconds_left)
        self._bar.set_postfix_str(f"{left} left, loss {event.loss:.4g}", refresh=False)
        self._bar.set_description_str(
            f"evaluation {event.evaluation} of {event.of} at {event.scale} px", refresh=False
        )
        self._bar.update(event.fraction - self._bar.n)

    def _say(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            sys.stderr.write(text + "\n")

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _in_words(ready: Ready) -> str:
    """Returns the forecast as people say it: where, which sizes, how long, how much memory."""
    from tqdm import tqdm

    sizes = ", ".join(f"{scale['width']} x {scale['height']}" for scale in ready.plan)
    tiled = any(scale["tile"] for scale in ready.plan)
    return (
        f"{ready.device} ({ready.precision}), {sizes} px{', in tiles' if tiled else ''}: "
        f"about {tqdm.format_interval(ready.seconds)}, {ready.needs / _GIB:.1f} GiB of "
        f"{ready.budget / _GIB:.1f} GiB"
    )
