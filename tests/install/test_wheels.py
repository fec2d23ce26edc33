"""Each machine gets the build of torch that suits it, and torch and torchvision always match."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nst_contract.errors import BAD_SETTING, DEVICE, NstError
from nst_install import engine, wheels
from nst_install.options import read_options
from nst_install.wheels import Machine

PLAIN = Machine("linux")
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("asked", "machine", "build"),
    [
        ("auto", PLAIN, "cpu"),
        ("auto", Machine("linux", nvidia_driver=580, nvidia_card=8.9), "cu130"),
        ("auto", Machine("linux", nvidia_driver=0), "cu130"),
        ("auto", Machine("linux", nvidia_driver=550, nvidia_card=8.9), "cu126"),
        ("auto", Machine("linux", nvidia_driver=580, nvidia_card=6.1), "cu126"),
        ("auto", Machine("linux", rocm=True), "rocm7.2"),
        ("auto", Machine("win32"), "cpu"),
        ("auto", Machine("win32", rocm=True), "cpu"),
        ("auto", Machine("win32", nvidia_driver=581, nvidia_card=12.0), "cu130"),
        ("auto", Machine("win32", nvidia_driver=560, nvidia_card=8.6), "cu126"),
        ("auto", Machine("win32", nvidia_driver=580, nvidia_card=6.1), "cu126"),
        ("cpu", Machine("linux", nvidia_driver=580), "cpu"),
        ("cuda", PLAIN, "cu130"),
        ("rocm", PLAIN, "rocm7.2"),
    ],
)
def test_the_build_follows_the_option_and_the_machine(
    asked: str, machine: Machine, build: str
) -> None:
    chosen = wheels.choose(asked, machine)
    assert chosen.index is not None
    assert chosen.index.endswith(f"/{build}")
    assert chosen.torch == f"torch=={wheels.TORCH}+{build}"
    assert chosen.torchvision == f"torchvision=={wheels.TORCHVISION}+{build}"


def test_macos_has_one_build_and_needs_no_index() -> None:
    chosen = wheels.choose("auto", Machine("darwin"))
    assert (chosen.index, chosen.torch) == (None, f"torch=={wheels.TORCH}")


@pytest.mark.parametrize("device", ["cuda", "rocm"])
def test_devices_that_macos_does_not_have_are_refused(device: str) -> None:
    with pytest.raises(NstError) as caught:
        wheels.choose(device, Machine("darwin"))
    assert caught.value.code == BAD_SETTING
    assert device in caught.value.message


def test_rocm_is_refused_on_windows() -> None:
    with pytest.raises(NstError, match="rocm") as caught:
        wheels.choose("rocm", Machine("win32"))
    assert caught.value.code == BAD_SETTING


def test_without_the_index_pip_finds_what_it_can() -> None:
    instead = wheels.without_index(wheels.choose("auto", PLAIN), "auto", "linux")
    assert (instead.index, instead.torch) == (None, f"torch=={wheels.TORCH}")


def test_without_the_index_rocm_falls_back_only_if_it_was_not_asked_for() -> None:
    rocm = wheels.choose("rocm", PLAIN)
    assert wheels.without_index(rocm, "auto", "linux").device == "cpu"
    with pytest.raises(NstError) as caught:
        wheels.without_index(rocm, "rocm", "linux")
    assert caught.value.code == DEVICE


def test_without_the_index_windows_gets_no_gpu_build_and_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine("win32", nvidia_driver=581, nvidia_card=12.0)
    monkeypatch.setattr(wheels, "is_reachable", lambda _index: False)
    notes: list[str] = []
    options = read_options([], home, {})
    instead = engine._reachable(notes, options, wheels.choose("auto", machine), machine)
    assert (instead.device, instead.index) == ("cpu", None)
    assert any("does not use your GPU" in note and options.repair in note for note in notes)
    options = read_options(["--device", "cuda"], home, {})
    with pytest.raises(NstError, match="CUDA is available nowhere else") as caught:
        engine._reachable(notes, options, wheels.choose("cuda", machine), machine)
    assert caught.value.code == DEVICE


def test_an_installed_torch_is_kept_only_if_it_is_the_same_build() -> None:
    chosen = wheels.choose("cpu", PLAIN)
    assert chosen.satisfied_by(f"{wheels.TORCH}+cpu")
    assert not chosen.satisfied_by(f"{wheels.TORCH}+cu130")
    assert not chosen.satisfied_by("2.1.0+cpu")
    assert not chosen.satisfied_by("")


def test_without_the_index_any_build_will_do_except_a_cpu_build_for_a_gpu() -> None:
    plain = wheels.without_index(wheels.choose("cpu", PLAIN), "cpu", "linux")
    assert plain.satisfied_by(wheels.TORCH)
    assert plain.satisfied_by(f"{wheels.TORCH}+cpu")
    cuda = wheels.without_index(wheels.choose("cuda", PLAIN), "cuda", "linux")
    assert cuda.satisfied_by(wheels.TORCH)
    assert not cuda.satisfied_by(f"{wheels.TORCH}+cpu")


def test_an_index_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first name that is looked up may take long."""
    answers = [False, True]
    monkeypatch.setattr(wheels, "_answers", lambda _index: answers.pop(0))
    assert wheels.is_reachable("https://index")
    assert answers == []


def test_an_unreachable_index_is_not_waited_for() -> None:
    assert not wheels.is_reachable("http://localhost:9")


def test_the_pins_are_within_the_ranges_in_pyproject() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    ranges = dict(re.findall(r'"(torch|torchvision)>=([\d.]+,<[\d.]+)"', text))
    for name, pin in (("torch", wheels.TORCH), ("torchvision", wheels.TORCHVISION)):
        low, high = ranges[name].split(",<")
        assert _numbers(low) <= _numbers(pin) < _numbers(high)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
