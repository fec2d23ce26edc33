"""Pictures and data in folders whose names have a space and letters outside ASCII."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2.data
import numpy as np
import pytest

from nst_core import images
from nst_core.faces import detection
from nst_core.pictures.picture import Picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Zoë Ünal Müller, 北海道"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["phötö.png", "phötö.jpg", "phötö.tif", "phötö.webp"])
def test_pictures_are_written_and_read(folder: Path, name: str) -> None:
    images.write(Picture(np.full((24, 32, 3), 0.5, np.float32)), folder / name)
    assert images.read(folder / name).rgb.shape == (24, 32, 3)


def test_faces_are_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV opens no file in such a folder, and an engine may be installed in one."""
    shutil.copy(Path(cv2.data.haarcascades) / detection._CASCADE, folder)
    monkeypatch.setattr(cv2.data, "haarcascades", str(folder))
    assert detection.find(Picture(np.full((64, 64, 3), 0.5, np.float32))) == []
