"""Shows events to a person (a progress bar on stderr) or to a program (JSON lines on stdout)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TextIO

from nst_contract.errors import NstError
from nst_contract.printable import printable, printable_lines
from nst_contract.protocol.events import Caution, Done, Error, Event, Progress, Ready
from nst_core.reporting.streams import end_if_unread

if TYPE_CHECKING:
    from tqdm import tqdm

_GIB = 2**30


class Named(Protocol):
    """A dataclass whose fields are to be reported, under this name."""

    event: ClassVar[str]


class Reporter:
    """Receives the events of a run.

    Args:
        as_json: whether a program reads them.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._bar: tqdm[Any] | None = None
        self._scales = 1

    def __call__(self, event: Event) -> None:
        if self._as_json:
            write_line(event)
            return
        match event:
            case Ready():
                self._scales = len(event.plan)
                self._say(_in_words(event))
            case Progress():
                self._show_progress(event)
            case Caution():
                self._say(printable(f"Warning: {event.message} {event.advice}".rstrip()))
            case Error():
                self._close_bar()
                self._say(f"nst: {printable(event.message)}\n     {printable(event.advice)}")
            case Done():
                self._close_bar()
                sys.stdout.write(f"{for_output(event.file)}\n")

    def _show_progress(self, event: Progress) -> None:
        if self._bar is None:
            from tqdm import tqdm

            layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}{postfix}]"
            self._bar = tqdm(total=1.0, bar_format=layout, dynamic_ncols=True)
        left = self._bar.format_interval(event.seconds_left)
        self._bar.set_postfix_str(f"{left} left, loss {event.loss:.4g}", refresh=False)
        text = f"evaluation {event.evaluation} of {event.of} at {event.scale} px"
        if self._scales > 1:
            text += f" (scale {event.scale_index + 1} of {self._scales})"
        if event.blocks:
            text += f", block {event.block} of {event.blocks}"
        self._bar.set_description_str(text, refresh=False)
        self._bar.update(event.fraction - self._bar.n)

    def _say(self, text: str, file: TextIO | None = None) -> None:
        text = text if file else printable_lines(text)
        file = file or sys.stderr
        if self._bar is not None:
            self._bar.write(text, file=file)
        else:
            file.write(text + "\n")

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@dataclass(frozen=True)
class Summary:
    """The end of a batch.

    Attributes:
        painted, skipped, failed: how many pictures were painted now, were there already, and
            could not be painted.
    """

    event: ClassVar[str] = "summary"
    painted: int
    skipped: int
    failed: int


class BatchReporter(Reporter):
    """Receives the events of one picture after the other.

    A program finds the picture's name in each line. A person sees one bar for all pictures, and
    the path of each result.

    Args:
        as_json: whether a program reads them.
    """

    def __init__(self, as_json: bool) -> None:
        super().__init__(as_json)
        self._picture = ""
        self._rank: int | None = None
        self._pictures = 0
        self._skipped = 0
        self._ended = 0
        self._elsewhere: Callable[[], int] = lambda: 0
        self._told: set[str] = set()

    def begin(
        self, pictures: int, skipped: int, elsewhere: Callable[[], int], rank: int | None
    ) -> None:
        """Begins the batch.

        Args:
            pictures: how many there are in all.
            skipped: how many of them need not be painted.
            elsewhere: returns how many other processes have painted.
            rank: of this process, if there are several. The first one shows the bar.
        """
        self._pictures, self._skipped, self._elsewhere = pictures, skipped, elsewhere
        self._rank = rank

    def turn_to(self, picture: str) -> None:
        """Has the events to come be about the picture of this name; "" for none."""
        self._picture = picture
        if picture and not self._as_json:
            self._move(0.0)

    def fail(self, error: NstError) -> None:
        """Warns that the present picture will not be painted."""
        caution = Caution(error.message, error.advice)
        if self._as_json:
            self(caution)
        else:
            self._say(self._in_full(caution))
        self._ended += 1

    def wait(self) -> None:
        """Shows how far the other processes are."""
        if not self._as_json:
            self._move(0.0)

    def end(self, summary: Summary) -> None:
        """Tells how the batch went."""
        if self._as_json:
            write_line(summary)
            return
        # The other processes' failures are known only now.
        self._ended, self._elsewhere = summary.painted + summary.failed, lambda: 0
        self._move(0.0)
        self._close_bar()
        self._say(
            f"Pictures: {summary.painted} painted, {summary.skipped} there already, "
            f"{summary.failed} failed."
        )

    def __call__(self, event: Event) -> None:
        if isinstance(event, Done):
            self._ended += 1
        if self._as_json:
            context: dict[str, Any] = {"picture": self._picture} if self._picture else {}
            if self._rank is not None:
                context["rank"] = self._rank
            write_line(event, context)
            return
        match event:
            case Progress():
                self._move(event.fraction)
            case Ready() if not self._rank:
                self._once("ready", printable(f"{self._picture}: {_in_words(event)}"))
            case Caution():
                self._once(event.message, self._in_full(event))
            case Error():
                super().__call__(Error(event.code, self._about(event.message), event.advice))
            case Done():
                self._say(for_output(event.file), sys.stdout)
                sys.stdout.flush()
                self._move(0.0)

    def _once(self, key: str, text: str) -> None:
        """Says what is the same for all pictures but once."""
        if key not in self._told:
            self._told.add(key)
            self._say(text)

    def _say(self, text: str, file: TextIO | None = None) -> None:
        if self._rank and file is None and sys.stderr.isatty():
            text = f"\n{text}"  # the first process's bar stands on this line
        super()._say(text, file)

    def _in_full(self, caution: Caution) -> str:
        return printable(f"Warning: {self._about(caution.message)} {caution.advice}".rstrip())

    def _about(self, message: str) -> str:
        """Returns the message with the picture's name, unless it is there already."""
        return message if self._picture in message else f"{self._picture}: {message}"

    def _move(self, fraction: float) -> None:
        """Moves the bar to the pictures that have ended and this much of the present one."""
        if self._rank:
            return
        ended = self._skipped + self._ended + self._elsewhere()
        text = f"{ended} of {self._pictures} pictures"
        if self._bar is None:
            from tqdm import tqdm

            layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}, {remaining} left]"
            # The time left follows from all pictures so far: the last one may have been small.
            self._bar = tqdm(
                desc=text, total=self._pictures, initial=self._skipped, smoothing=0, miniters=0,
                bar_format=layout, dynamic_ncols=True,
            )  # fmt: skip
        self._bar.set_description_str(text, refresh=False)
        self._bar.update(ended + fraction - self._bar.n)


def for_output(path: str) -> str:
    """Returns a path as it is written: exact for a program, harmless for a person's terminal."""
    return printable(path) if sys.stdout.isatty() else path


def write_line(event: Named, more: dict[str, Any] | None = None) -> None:
    """Writes an event as a line of JSON, with the time and whatever else is to be said.

    Raises:
        BrokenPipeError: if the program that was reading has gone.
    """
    line = {"time": round(time.time(), 3), "event": event.event, **(more or {}), **vars(event)}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    end_if_unread()


def _in_words(ready: Ready) -> str:
    """Returns the forecast in words: device, sizes, time and memory."""
    from tqdm import tqdm

    sizes = ", ".join(f"{scale['width']} x {scale['height']}" for scale in ready.plan)
    cut = ", in tiles" if any(scale["tile"] for scale in ready.plan) else ""
    cut += ", in blocks" if any(scale["block"] for scale in ready.plan) else ""
    return (
        f"{ready.device} ({ready.precision}), {sizes} px{cut}: "
        f"about {tqdm.format_interval(ready.seconds)}, {ready.needs / _GIB:.1f} GiB of "
        f"{ready.budget / _GIB:.1f} GiB"
    )
