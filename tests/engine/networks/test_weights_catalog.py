"""nst_core.networks.weights_catalog: what a value of the setting ``weights`` stands for."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nst_contract.errors import WEIGHTS, NstError
from nst_contract.settings import Settings
from nst_core.networks import weights_catalog
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.normalization import NORMALIZATIONS
from nst_core.networks.weights_catalog import TORCHVISION
from nst_core.storage import download
from nst_install import own_folders
from tests.helpers import torchvision

TORCHVISION_CHOICE = Settings(weights="torchvision").weights_choice


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def refusal(choice: str) -> NstError:
    with pytest.raises(NstError) as caught:
        weights_catalog.check(Settings(weights=choice).weights_choice)
    assert caught.value.code == WEIGHTS
    return caught.value


def test_the_embedded_weights_are_the_default(vgg19_weights: Weights) -> None:
    weights_catalog.check(Settings().weights_choice)
    loaded = weights_catalog.load(Settings().weights_choice)
    assert loaded.name == vgg19_weights.name
    assert torch.equal(loaded.convolutions["conv5_4"][0], vgg19_weights.convolutions["conv5_4"][0])


def test_the_address_and_checksum_are_the_ones_published_by_torchvision() -> None:
    theirs = torchvision.module("torchvision.models").VGG19_Weights.IMAGENET1K_V1
    assert TORCHVISION.url == theirs.url
    assert theirs.url.endswith(f"-{TORCHVISION.sha256[:8]}.pth")
    assert TORCHVISION.size / 2**20 == pytest.approx(theirs.meta["_file_size"], abs=0.001)


def test_weights_not_downloaded_yet_are_refused_with_the_command_to_do_it() -> None:
    error = refusal("torchvision")
    assert "575 MB" in error.message
    assert "nst weights download torchvision" in error.advice


def test_downloads_go_into_the_users_data_folder(data_folder: Path) -> None:
    assert TORCHVISION.path == data_folder / "gimp-neural-style-weights" / "vgg19-dcbb9e9d.pth"


def test_uninstalling_looks_where_downloads_are(data_folder: Path) -> None:
    folders = own_folders.weights_folders(Path.home(), {"XDG_DATA_HOME": str(data_folder)})
    assert weights_catalog.folder() in folders


def test_weights_are_downloaded_only_once_and_only_on_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def fetch(url: str, target: Path, sha256: str, size: int, _: object) -> None:
        asked.append(url)
        assert (sha256, size) == (TORCHVISION.sha256, TORCHVISION.size)
        target.parent.mkdir(parents=True)
        target.touch()

    monkeypatch.setattr(download, "fetch", fetch)
    refusal("torchvision")
    weights_catalog.entries()
    assert asked == []
    for _ in range(2):
        assert weights_catalog.fetch(TORCHVISION, lambda *_: None) == TORCHVISION.path
    assert asked == [TORCHVISION.url]
    weights_catalog.check(TORCHVISION_CHOICE)


def test_a_download_damaged_since_then_is_refused_with_the_remedy() -> None:
    TORCHVISION.path.parent.mkdir(parents=True)
    TORCHVISION.path.write_bytes(b"damaged")
    with pytest.raises(NstError, match="wrong checksum") as caught:
        weights_catalog.load(TORCHVISION_CHOICE)
    assert caught.value.code == WEIGHTS
    assert "nst weights download torchvision" in caught.value.advice


def test_a_download_with_the_right_checksum_is_read_as_torchvision_weights(
    vgg19_weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    TORCHVISION.path.parent.mkdir(parents=True)
    state = {
        f"{name}.{part}": values
        for name, convolution in vgg19_weights.convolutions.items()
        for part, values in zip(("weight", "bias"), convolution, strict=True)
    }
    torch.save(state, TORCHVISION.path)
    digest = hashlib.sha256(TORCHVISION.path.read_bytes()).hexdigest()
    monkeypatch.setattr(weights_catalog, "PUBLISHED", (replace(TORCHVISION, sha256=digest),))
    loaded = weights_catalog.load(TORCHVISION_CHOICE)
    assert loaded.name == f"vgg19-dcbb9e9d.pth (torchvision, sha256 {digest[:12]})"
    assert loaded.normalization == NORMALIZATIONS["torchvision"]


def test_the_list_says_what_is_installed() -> None:
    embedded, published = weights_catalog.entries()
    assert (embedded.choice, embedded.is_installed) == ("caffe", True)
    assert embedded.size == embedded.path.stat().st_size
    assert (published.choice, published.is_installed) == ("torchvision", False)
    TORCHVISION.path.parent.mkdir(parents=True)
    TORCHVISION.path.touch()
    assert weights_catalog.entries()[1].is_installed


@pytest.mark.parametrize(
    "choice",
    ["", "no.pth", "caffe:no.pth", "monet:no.pth", "caffe:", "a\0b", "x" * 5000, "~nobody?/x.pth"],
)
def test_a_file_that_is_not_there_is_named(choice: str) -> None:
    error = refusal(choice)
    assert "There is no file of weights" in error.message
    assert "caffe, torchvision" in error.advice


@pytest.mark.parametrize("name", ["vgg.pth", "a:b.pth", "caffe"])
def test_any_file_can_be_chosen(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for choice in (f"./{name}", f"caffe:{name}", f"torchvision:{tmp_path / name}", f"~/{name}"):
        weights_catalog.check(Settings(weights=choice).weights_choice)
