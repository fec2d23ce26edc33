"""Downloads a large file: goes on where it was interrupted, and keeps nothing but the right one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from nst_contract import __version__
from nst_contract.errors import DISK, WEIGHTS, NstError

_SECONDS_OF_SILENCE = 30
_CHUNK = 2**20
_AGAIN = "Check the network and the proxy (https_proxy); the same command goes on from there."

OnProgress = Callable[[int, int], None]


def fetch(url: str, target: Path, sha256: str, size: int, on_progress: OnProgress) -> None:
    """Downloads a file. What has come lies beside the target, as ``.part``, until all is there.

    Args:
        url: of the file; https, unless it is this machine's own.
        target: the path to store it at; its folder is made.
        sha256, size: what the file must have; the size in bytes.
        on_progress: is told the bytes that are there, and ``size``.

    Raises:
        NstError: (weights) if the file cannot be fetched, or is not the right one; (disk) if it
            cannot be stored.
    """
    _check_secure(url)
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _opened_alone(part) as file:
            digest = _receive(url, file, size, on_progress)
            if digest != sha256:
                part.unlink()
                raise NstError(
                    WEIGHTS,
                    f"What came from {url} is damaged: wrong checksum ({digest[:12]}...).",
                    "Try again; it begins anew.",
                )
            os.fsync(file.fileno())
            part.replace(target)
    except OSError as error:
        raise NstError(
            DISK,
            f"{part} cannot be written ({error.strerror}).",
            "Check that you may write there, and that the disk is not full.",
        ) from error


@contextlib.contextmanager
def _opened_alone(part: Path) -> Iterator[IO[bytes]]:
    """Opens what has come so far, and keeps other processes from it."""
    with part.open("ab+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NstError(
                WEIGHTS, "Another process is downloading it.", "Wait until that has ended."
            ) from error
        yield file


def _receive(url: str, file: IO[bytes], size: int, on_progress: OnProgress) -> str:
    """Adds what is missing to the file; returns the checksum of the whole."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    have = file.tell()
    if have > size:
        have, digest = _emptied(file)
    if have < size:
        with _response(url, have) as response:
            if have and response.status != 206:  # the server knows no ranges
                have, digest = _emptied(file)
            _check_range(url, response, have, size)
            for chunk in _chunks(url, response):
                file.write(chunk)
                digest.update(chunk)
                have += len(chunk)
                on_progress(have, size)
                if have > size:
                    break
        file.flush()
    if have < size:
        raise _interrupted(url, f"the connection ended at {have} of {size} bytes")
    return digest.hexdigest()


def _emptied(file: IO[bytes]) -> tuple[int, Any]:
    file.truncate(0)
    return 0, hashlib.sha256()


def _response(url: str, have: int) -> HTTPResponse:
    headers = {"User-Agent": f"gimp-neural-style/{__version__}"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (the scheme is checked)
    opener = urllib.request.build_opener(_SecureRedirects)
    try:
        response: HTTPResponse = opener.open(request, timeout=_SECONDS_OF_SILENCE)
    except urllib.error.HTTPError as error:
        error.close()
        raise _interrupted(url, f"the server says {error.code} {error.reason}") from error
    except (OSError, HTTPException) as error:
        raise _interrupted(url, str(getattr(error, "reason", error))) from error
    return response


def _check_range(url: str, response: HTTPResponse, have: int, size: int) -> None:
    """Refuses another part than the missing one, and another file, before it is all there."""
    if response.status == 206:
        right = response.headers["Content-Range"] == f"bytes {have}-{size - 1}/{size}"
    else:
        right = response.headers["Content-Length"] in (None, str(size))
    if not right:
        raise NstError(
            WEIGHTS,
            f"The server has another file at {url} than expected.",
            "Update this program, or fetch the weights yourself and give their file.",
        )


def _chunks(url: str, response: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(_CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise _interrupted(url, str(error)) from error


def _interrupted(url: str, why: str) -> NstError:
    return NstError(WEIGHTS, f"The weights cannot be fetched from {url} ({why}).", _AGAIN)


def _check_secure(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise NstError(
            WEIGHTS,
            f"{url} is no safe address to download from.",
            "Check the network: something leads away from https.",
        )


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to no address that :func:`fetch` itself would refuse."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        with contextlib.ExitStack() as on_refusal:
            on_refusal.callback(fp.close)
            _check_secure(newurl)
            on_refusal.pop_all()
        return super().redirect_request(req, fp, code, msg, headers, newurl)
