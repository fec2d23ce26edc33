"""What is kept with a painted layer: nobody's folders, and nothing that a stranger can misuse."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.gimp.bench import Bench


def test_a_strangers_record_breaks_nothing_and_opens_nothing(bench: Bench) -> None:
    chosen = bench.run("records.hostile")
    assert len(chosen) == 9
    assert {tuple(choice) for choice in chosen.values()} == {(None, "none")}


def test_a_published_image_names_no_folder_and_its_style_is_found_beside_it(
    bench: Bench, pictures: Path, tmp_path: Path
) -> None:
    shutil.copy(pictures / "style.png", tmp_path)
    style = tmp_path / "style.png"
    kept = bench.run("records.published", folder=str(tmp_path))
    assert kept == {
        "in the image": "style.png",
        "in this session": style.as_uri(),
        "found again": str(style),
        "folder in the file": False,
    }
