"""nst_core.training.report: what is counted, and what people and programs read."""

from __future__ import annotations

import errno
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from PIL import Image

from nst_contract.errors import DISK, NstError
from nst_contract.printable import printable
from nst_core.networks.mini_vgg import UNCHANGED, NetworkFacts
from nst_core.training import report
from nst_core.training.archive import Archive, Part
from nst_core.training.events import Epoch
from nst_core.training.places import Places
from nst_core.training.report import Findings
from nst_core.training.settings import TrainingSettings

# Three classes, four pictures each: the second is taken for the third three times.
LABELS = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
TOLD = torch.tensor([0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 0, 1])
TABLE = [[4, 0, 0], [0, 1, 3], [1, 1, 2]]


def epoch(number: int, accuracy: float, is_best: bool) -> Epoch:
    return Epoch(number, 3, 4.0 - number, 0.1 * number, 3.5, accuracy, 0.01, 2.5, is_best)


@pytest.fixture
def findings() -> Findings:
    part = Part(torch.zeros(12, 3, 32, 32, dtype=torch.uint8), LABELS)
    return Findings(
        archive=Archive(part, part, ("cat", "dog", "wolf"), "CIFAR-100", "abc"),
        settings=TrainingSettings(epochs=3),
        about=NetworkFacts((0.5, 0.5, 0.5), (0.2, 0.2, 0.2), UNCHANGED, "CIFAR-100", 7 / 12),
        history=[epoch(1, 0.2, True), epoch(2, 0.6, True), epoch(3, 0.5, False)],
        best_epoch=2,
        told=TOLD,
    )


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "net.safetensors")


def test_answers_are_counted() -> None:
    assert report.confusion(LABELS, TOLD, 3).tolist() == TABLE


def test_the_worst_classes_come_first() -> None:
    assert report.worst_classes(torch.tensor(TABLE)) == [1, 2, 0]


def test_only_ten_classes_are_reported() -> None:
    assert report.worst_classes(torch.eye(100, dtype=torch.long)) == list(range(10))


def test_a_program_finds_the_numbers(findings: Findings, places: Places) -> None:
    report.write(places, findings)
    found = json.loads(places.numbers.read_text(encoding="utf-8"))
    assert found["test_accuracy"] == 7 / 12
    assert (found["best_epoch"], found["validation_accuracy"]) == (2, 0.6)
    assert [one["validation_accuracy"] for one in found["epochs"]] == [0.2, 0.6, 0.5]
    assert found["worst_classes"] == [
        {"class": "dog", "accuracy": 0.25, "taken_for": [{"class": "wolf", "pictures": 3}]},
        {
            "class": "wolf",
            "accuracy": 0.5,
            "taken_for": [{"class": "cat", "pictures": 1}, {"class": "dog", "pictures": 1}],
        },
        {"class": "cat", "accuracy": 1.0, "taken_for": []},
    ]
    assert found["settings"] == TrainingSettings(epochs=3).as_dict()


def test_a_person_reads_the_same_and_sees_pictures(findings: Findings, places: Places) -> None:
    report.write(places, findings)
    text = places.report.read_text(encoding="utf-8")
    assert "**58.3%**" in text
    assert "60.0%, after epoch\n  2 of 3" in text
    assert "| dog | 25% | wolf (3) |" in text
    for name in ("net.curves.png", "net.confusion.png"):
        assert f"]({name})" in text
        with Image.open(places.weights.with_name(name)) as image:
            assert min(image.size) > 100
            assert np.asarray(image.convert("L")).std() > 10


@pytest.mark.parametrize("name", ["my net", "a)b%20 #1", os.fsdecode(b"r\xe4")])
def test_links_lead_to_the_pictures_whatever_they_are_called(
    name: str, findings: Findings, tmp_path: Path
) -> None:
    places = Places(tmp_path / f"{name}.safetensors")
    report.write(places, findings)
    text = places.report.read_text(encoding="utf-8")
    links = re.findall(r"!\[[^]]*\]\(([^() ]*)\)", text)
    assert [tmp_path / unquote(link, errors="surrogateescape") for link in links] == [
        places.curves, places.confusion
    ]  # fmt: skip
    assert text.startswith(f"# {printable(name)}.safetensors\n")


def test_names_of_classes_break_neither_table_nor_picture(
    findings: Findings, places: Places
) -> None:
    named = replace(findings.archive, classes=("cat", "dog|$\\frac$", "wolf"))
    report.write(places, replace(findings, archive=named))
    assert r"| dog\|$\frac$ | 25% | wolf (3) |" in places.report.read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["curves", "confusion"])
def test_the_pictures_show_the_numbers(what: str, findings: Findings, places: Places) -> None:
    path = getattr(places, what)
    report.write(places, findings)
    before = path.read_bytes()
    report.write(places, findings)
    assert path.read_bytes() == before
    other = replace(findings, history=[epoch(1, 0.3, True)], best_epoch=1, told=LABELS)
    report.write(places, other)
    assert path.read_bytes() != before


def test_a_full_disk_is_told(
    findings: Findings, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(NstError, match="No space left") as caught:
        report.write(places, findings)
    assert caught.value.code == DISK
    assert "--resume" in caught.value.advice
