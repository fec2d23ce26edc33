"""The report on a training: what was trained and how, its curves, and what the network confuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import torch
from matplotlib.figure import Figure
from torch import Tensor

from nst_contract import __version__
from nst_contract.printable import printable
from nst_core.networks.mini_vgg import NetworkFacts
from nst_core.storage.atomic_files import writing
from nst_core.storage.disk_errors import disk_error
from nst_core.training.archive import Archive
from nst_core.training.events import Epoch
from nst_core.training.places import REPORT_KIND, Places
from nst_core.training.settings import TrainingSettings

# How many of the worst recognised classes the report shows, and how many wrong answers for each.
_WORST = 10
_MISTAKES = 3


@dataclass(frozen=True, eq=False)
class Findings:
    """What to report.

    Attributes:
        archive: the data.
        settings: as used.
        about: what is known about the network that is kept.
        history: all epochs.
        best_epoch: the one whose network is kept.
        told: the classes (count,) that it predicted for the test pictures.
    """

    archive: Archive
    settings: TrainingSettings
    about: NetworkFacts
    history: Sequence[Epoch]
    best_epoch: int
    told: Tensor


def write(places: Places, findings: Findings) -> None:
    """Writes the report beside the weights: one for people, one for programs, and its pictures.

    Raises:
        NstError: (disk) if it cannot be written.
    """
    classes = findings.archive.classes
    table = confusion(findings.archive.test.labels, findings.told, len(classes))
    worst = worst_classes(table)
    content = _content(findings, table, worst)
    try:
        _save_picture(_curves(findings), places.curves)
        _save_picture(_squares(table, worst, classes), places.confusion)
        _write(places.numbers, json.dumps(content, indent=2) + "\n")
        _write(places.report, _in_words(places, content))
    except OSError as error:
        raise disk_error(
            f"The report {places.report}", error, "Then run the same command with --resume."
        ) from error


def confusion(labels: Tensor, told: Tensor, classes: int) -> Tensor:
    """Counts the answers: (classes, classes), with true classes as rows and predictions as columns.

    Args:
        labels, told: (count,), the true and the predicted class numbers.
        classes: how many there are.
    """
    pairs = torch.bincount(labels * classes + told, minlength=classes**2)
    return pairs.view(classes, classes)


def worst_classes(table: Tensor) -> list[int]:
    """Returns the classes with the lowest accuracy, the worst first.

    Args:
        table: from :func:`confusion`.
    """
    right = table.diag() / table.sum(1)
    return right.argsort(stable=True)[:_WORST].tolist()


def _content(findings: Findings, table: Tensor, worst: Sequence[int]) -> dict[str, Any]:
    """Returns the report for programs."""
    names = findings.archive.classes
    best = findings.history[findings.best_epoch - 1]
    return {
        "kind": REPORT_KIND,
        "version": __version__,
        "data": findings.archive.name,
        "data_checksum": findings.archive.checksum,
        "settings": findings.settings.as_dict(),
        "mean": findings.about.mean,
        "deviation": findings.about.deviation,
        "gains": dict(findings.about.gains),
        "epochs": [asdict(epoch) for epoch in findings.history],
        "best_epoch": findings.best_epoch,
        "validation_accuracy": best.validation_accuracy,
        "test_accuracy": findings.about.accuracy,
        "worst_classes": [
            {
                "class": names[row],
                "accuracy": (table[row, row] / table[row].sum()).item(),
                "taken_for": [
                    {"class": names[column], "pictures": int(table[row, column])}
                    for column in _mistakes(table, row)
                ],
            }
            for row in worst
        ],
    }


def _mistakes(table: Tensor, row: int) -> list[int]:
    """Returns the most frequent wrong answers for a class."""
    wrong = table[row].clone()
    wrong[row] = 0
    order = wrong.argsort(descending=True, stable=True)[:_MISTAKES]
    return [int(column) for column in order if wrong[column]]


def _in_words(places: Places, content: dict[str, Any]) -> str:
    """Returns the report for people."""
    rows = "\n".join(
        f"| {_cell(worst['class'])} | {worst['accuracy']:.0%} | "
        + ", ".join(f"{_cell(one['class'])} ({one['pictures']})" for one in worst["taken_for"])
        + " |"
        for worst in content["worst_classes"]
    )
    epochs = content["epochs"]
    settings = ", ".join(f"{name} {value}" for name, value in content["settings"].items())
    return f"""# {printable(places.weights.name)}

A mini VGG16 trained on {content["data"]}.

- Accuracy on the test pictures, measured once, at the end: **{content["test_accuracy"]:.1%}**
- Accuracy on the validation pictures: {content["validation_accuracy"]:.1%}, after epoch
  {content["best_epoch"]} of {len(epochs)}, whose network is kept
- Time: {sum(epoch["seconds"] for epoch in epochs):.0f} s
- Settings: {settings}

![Loss and accuracy of each epoch]({_link(places.curves)})

## The classes it recognises worst

| class | right | mistaken for (pictures) |
| --- | --- | --- |
{rows}

![Answers to pictures of these classes]({_link(places.confusion)})

<!-- {REPORT_KIND} -->
"""


def _cell(text: str) -> str:
    """Returns a text for a cell of a table in Markdown."""
    return text.replace("|", "\\|")


def _link(path: Path) -> str:
    """Returns where a link in Markdown leads, for a file beside the report."""
    return quote(path.name, errors="surrogateescape")


# Files --------------------------------------------------------------------------------------------


def _write(path: Path, text: str) -> None:
    with writing(path) as file:
        file.write(text.encode())


def _save_picture(figure: Figure, path: Path) -> None:
    with writing(path) as file:
        figure.savefig(file, format="png", dpi=120, metadata={"Description": REPORT_KIND})


# Pictures -----------------------------------------------------------------------------------------


def _curves(findings: Findings) -> Figure:
    figure = Figure(figsize=(9, 4), layout="constrained")
    losses, accuracies = figure.subplots(1, 2)
    epochs = [epoch.epoch for epoch in findings.history]
    for axes, what in ((losses, "loss"), (accuracies, "accuracy")):
        for prefix, label in (("", "training (varied pictures)"), ("validation_", "validation")):
            values = [getattr(epoch, prefix + what) for epoch in findings.history]
            axes.plot(epochs, values, marker=".", label=label)
        axes.axvline(findings.best_epoch, color="grey", linestyle=":", label="kept")
        axes.set_xlabel("epoch")
        axes.set_title(what)
    accuracies.set_ylim(0, 1.02)
    losses.legend(loc="upper right")  # looking for the best place takes long on a busy machine
    return figure


def _squares(table: Tensor, worst: Sequence[int], classes: Sequence[str]) -> Figure:
    """Draws the answers for the worst classes: right ones, and the most frequent wrong ones."""
    columns = list(worst)
    for row in worst:
        columns += [column for column in _mistakes(table, row) if column not in columns]
    shares = table[list(worst)][:, columns] / table[list(worst)].sum(1, keepdim=True)
    width, height = 2 + 0.32 * len(columns), 1.8 + 0.32 * len(worst)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares.numpy(), cmap="viridis", vmin=0, vmax=1)
    axes.set_yticks(range(len(worst)), [classes[row] for row in worst], parse_math=False)
    names = [classes[column] for column in columns]
    axes.set_xticks(range(len(columns)), names, rotation=90, parse_math=False)
    axes.set_ylabel("true class")
    axes.set_xlabel("answer")
    figure.colorbar(image, label="share of the class's test pictures")
    return figure
