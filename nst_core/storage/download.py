"""Downloads a large file: continues after an interruption, and keeps only the correct file."""

from __future__ import annotations

import contextlib
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
from nst_contract.errors import WEIGHTS, NstError
from nst_contract.platforms import files, locks
from nst_core.storage.checksums import sha256_of_rest
from nst_core.storage.disk_errors import disk_error

_SECONDS_OF_SILENCE = 30
_CHUNK = 2**20
_AGAIN = "Check the network and the proxy (https_proxy); the same command continues from there."

OnProgress = Callable[[int, int], None]


def fetch(url: str, target: Path, sha256: str, size: int, on_progress: OnProgress) -> None:
    """Downloads a file. Until it is complete, it is kept beside the target as ``.part``.

    Args:
        url: of the file; https, except on this machine itself.
        target: the path to store it at; its folder is created.
        sha256, size: the file's checksum and size, which is in bytes.
        on_progress: receives the number of bytes so far, and ``size``.

    Raises:
        NstError: (weights) if the file cannot be downloaded, or is not the correct one; (disk) if
            it cannot be stored.
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
                    f"The file from {url} is damaged: wrong checksum ({digest[:12]}...).",
                    "Try again; the download starts from the beginning.",
                )
            os.fsync(file.fileno())
            files.replace(part, target)
    except OSError as error:
        raise disk_error(part, error, "The same command continues from there.") from error


@contextlib.contextmanager
def _opened_alone(part: Path) -> Iterator[IO[bytes]]:
    """Opens what has been downloaded so far, and keeps other processes away from it."""
    with open(part, "ab+", opener=files.opener) as file:
        try:
            locks.lock(file.fileno())
        except BlockingIOError as error:
            raise NstError(
                WEIGHTS, "Another process is downloading this file.", "Wait until it has finished."
            ) from error
        yield file


def _receive(url: str, file: IO[bytes], size: int, on_progress: OnProgress) -> str:
    """Downloads the missing rest of the file; returns the checksum of the whole."""
    file.seek(0)
    digest = sha256_of_rest(file)
    have = file.tell()
    if have > size:
        have, digest = _emptied(file)
    if have < size:
        with _response(url, have) as response:
            if have and response.status != 206:  # the server does not support ranges
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
    """Refuses the wrong part of the file, or a different file, before downloading it."""
    if response.status == 206:
        right = response.headers["Content-Range"] == f"bytes {have}-{size - 1}/{size}"
    else:
        right = response.headers["Content-Length"] in (None, str(size))
    if not right:
        raise NstError(
            WEIGHTS,
            f"The server has a different file at {url} than expected.",
            "Update this program, or download the file yourself.",
        )


def _chunks(url: str, response: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(_CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise _interrupted(url, str(error)) from error


def _interrupted(url: str, why: str) -> NstError:
    return NstError(WEIGHTS, f"The file cannot be downloaded from {url} ({why}).", _AGAIN)


def _check_secure(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise NstError(
            WEIGHTS,
            f"{url} is not a safe address to download from.",
            "Check the network: something redirects away from https.",
        )


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses redirects to addresses that :func:`fetch` itself would refuse."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        with contextlib.ExitStack() as on_refusal:
            on_refusal.callback(fp.close)
            _check_secure(newurl)
            on_refusal.pop_all()
        return super().redirect_request(req, fp, code, msg, headers, newurl)
