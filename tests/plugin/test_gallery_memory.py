"""nst_gimp.saved.gallery_memory: what the gallery remembers, and that nothing breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest
from nst_gimp.saved import gallery_memory, saved_files
from nst_gimp.saved.gallery_memory import MOST_RECENT, GalleryMemory


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    return saved_files.folder() / "gallery" / "styles.json"


def test_what_is_kept_is_there_next_time(file: Path) -> None:
    assert gallery_memory.read() == GalleryMemory([], "")
    memory = GalleryMemory(["file:///a%20painting.png"], "/home/zoë/paintings")
    gallery_memory.keep(memory)
    assert gallery_memory.read() == memory
    assert list(file.parent.iterdir()) == [file]


def test_the_newest_files_come_first_and_the_oldest_are_forgotten() -> None:
    memory = GalleryMemory()
    for number in range(MOST_RECENT + 3):
        memory = memory.with_recent(f"file:///{number}.png")
    memory = memory.with_recent("file:///5.png", "file:///new.png")
    assert memory.recent[:3] == ["file:///5.png", "file:///new.png", "file:///14.png"]
    assert len(memory.recent) == len(set(memory.recent)) == MOST_RECENT


@pytest.mark.parametrize(
    "damaged",
    ["", "[]", "{}", '{"recent": 3, "folder": ""}', '{"recent": [3], "folder": ""}',
     '{"recent": [], "folder": null}'],
)  # fmt: skip
def test_a_damaged_file_is_as_good_as_none(file: Path, damaged: str) -> None:
    file.parent.mkdir(parents=True)
    head = '{"kind": "gallery", "version": 1, '
    file.write_text(damaged.replace('{"', head + '"', 1), encoding="utf-8")
    assert gallery_memory.read() == GalleryMemory()


def test_where_nothing_can_be_written_nothing_fails(file: Path) -> None:
    file.parent.parent.mkdir(parents=True)
    file.parent.write_text("a file in the place of the folder")
    gallery_memory.keep(GalleryMemory(["file:///a.png"]))
    assert gallery_memory.read() == GalleryMemory()
