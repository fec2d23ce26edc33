"""Runs inside GIMP and calls one function after the other for headless.Session."""

from __future__ import annotations

import importlib
import json
import socket
import traceback
from typing import Any

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

# As the plug-in asks for them before it imports its windows.
for name in ("Gdk", "GimpUi", "Gtk"):
    gi.require_version(name, "3.0")


def serve(address: str) -> None:
    """Answer the requests that come through the Unix socket ADDRESS, until its other end closes.

    A request is a line of JSON: {"function": "package.module.name", "arguments": {...}}. So is
    the answer: {"value": ...}, or {"error": "Traceback ..."}.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        with connection.makefile("rw", encoding="utf-8") as stream:
            for line in stream:
                stream.write(_answer(json.loads(line)) + "\n")
                stream.flush()


def _answer(request: dict[str, Any]) -> str:
    module, _, name = request["function"].rpartition(".")
    try:
        function = getattr(importlib.import_module(module), name)
        return json.dumps({"value": function(**request["arguments"])})
    except Exception:
        return json.dumps({"error": traceback.format_exc()})
