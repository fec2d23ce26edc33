"""Shows a training to a person (a progress bar on stderr) or to a program (JSON on stdout)."""

from __future__ import annotations

import sys

from nst_contract.protocol.events import Error
from nst_core.reporting.reporter import Reporter, for_output, write_line
from nst_core.training.events import Begun, Download, Epoch, Trained, TrainingEvent, TrainingStep


class TrainingReporter(Reporter):
    """Receives the events of a training."""

    def tell(self, event: TrainingEvent | Error) -> None:
        """Shows an event."""
        if self._as_json:
            write_line(event)
            return
        match event:
            case Download():
                self._move(event.bytes / event.of, "CIFAR-100")
                if event.bytes == event.of:
                    self._close_bar()
            case Begun():
                self._say(_in_words(event))
            case TrainingStep():
                self._move(event.fraction, f"epoch {event.epoch} of {event.of}", event)
            case Epoch():
                self._say(_line(event))
                self._move(event.epoch / event.of, f"epoch {event.epoch} of {event.of}")
            case Trained():
                self._close_bar()
                self._say(
                    f"Accuracy {event.accuracy:.1%} on the test pictures (epoch "
                    f"{event.best_epoch} of {event.epochs}). Report: {event.report}"
                )
                sys.stdout.write(f"{for_output(event.file)}\n")
            case _:
                self(event)

    def _move(self, fraction: float, text: str, step: TrainingStep | None = None) -> None:
        if self._bar is None:
            from tqdm import tqdm

            layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}{postfix}]"
            self._bar = tqdm(total=1.0, bar_format=layout, dynamic_ncols=True)
        if step:
            left = self._bar.format_interval(step.seconds_left)
            self._bar.set_postfix_str(f"{left} left, loss {step.loss:.3g}", refresh=False)
        self._bar.set_description_str(text, refresh=False)
        self._bar.update(fraction - self._bar.n)


def _in_words(begun: Begun) -> str:
    """Returns the forecast in words."""
    from tqdm import tqdm

    each, total = (tqdm.format_interval(n) for n in (begun.seconds_per_epoch, begun.seconds))
    done = f" (epoch {begun.epoch} is done)" if begun.epoch else ""
    return (
        f"{begun.data}: {begun.pictures} pictures of {begun.classes} classes to learn from, "
        f"{begun.validation} to validate, {begun.test} to test\n"
        f"{begun.device} ({begun.precision}), {begun.parameters / 1e6:.1f} million parameters: "
        f"{begun.pictures_per_second:.0f} pictures per second, {each} per epoch of "
        f"{begun.pictures} pictures, about {total} in all{done}"
    )


def _line(epoch: Epoch) -> str:
    best = ", the best so far" if epoch.is_best else ""
    return (
        f"epoch {epoch.epoch} of {epoch.of}: accuracy {epoch.validation_accuracy:.1%} in "
        f"validation{best}, {epoch.accuracy:.1%} in training; loss {epoch.validation_loss:.3f}, "
        f"{epoch.loss:.3f}; {epoch.seconds:.0f} s"
    )
