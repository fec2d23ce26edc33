"""nst_core.storage.sealed_files: what is read is what was written, to the last bit."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nst_core.storage.sealed_files import is_of_kind, sealing, unsealed

KIND = "gimp-neural-style letter 1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sealing(tmp_path / "letter", KIND) as file:
        file.write(b"Dear ")
        file.write(b"reader")
    return tmp_path / "letter"


def test_what_is_written_comes_back(path: Path) -> None:
    with unsealed(path, KIND) as file:
        assert file.read() == b"Dear reader"


def test_it_says_what_it_is_in_text(path: Path) -> None:
    kind, checksum, data = path.read_bytes().split(b"\n")
    assert kind == KIND.encode()
    assert len(checksum) == 64
    assert data == b"Dear reader"
    assert is_of_kind(path, KIND)


def test_every_changed_bit_is_found(path: Path) -> None:
    good = path.read_bytes()
    for place in range(8 * len(good)):
        bad = bytearray(good)
        bad[place // 8] ^= 1 << place % 8
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=r"damaged|another|this program"), unsealed(path, KIND):
            pass


@pytest.mark.parametrize("length", [0, 5, 27, 60, -1])
def test_a_shorter_or_longer_file_is_refused(length: int, path: Path) -> None:
    for data in (path.read_bytes()[:length], path.read_bytes() + b"!"):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"damaged|this program|empty"), unsealed(path, KIND):
            pass


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("gimp-neural-style letter 2", "another version"),
        ("gimp-neural-style postcard 1", "another kind"),
        ("some other program 1", "this program has not written it"),
    ],
)
def test_a_file_of_another_kind_is_named_so(kind: str, why: str, tmp_path: Path) -> None:
    with sealing(tmp_path / "other", kind):
        pass
    assert not is_of_kind(tmp_path / "other", KIND)
    with pytest.raises(ValueError, match=why), unsealed(tmp_path / "other", KIND):
        pass


def test_only_files_of_the_same_kind_are_replaced(path: Path) -> None:
    with sealing(path, KIND.replace("1", "2")):  # an upgrade
        pass
    for other in (b"a photograph", b"", b"gimp-neural-style postcard 1\n"):
        path.write_bytes(other)
        with pytest.raises(PermissionError, match="something else"), sealing(path, KIND):
            pass
        assert path.read_bytes() == other


def test_the_error_of_writing_is_kept_for_those_whose_libraries_hide_it(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"), sealing(tmp_path / "letter", KIND) as file:

        def fail(_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        file._file.write = fail  # type: ignore[method-assign]
        try:
            file.write(b"Dear ")
        except OSError:
            assert file.error is not None
            raise file.error from None
    assert list(tmp_path.iterdir()) == []
