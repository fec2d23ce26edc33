"""Records of painted layers: kept without folders, found again, and harmless if hostile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nst_gimp.arguments import layer_records

from tests.gimp.harness.inside import Gimp, Gio
from tests.gimp.scripts.painting import paint, record_of
from tests.gimp.scripts.scenes import TRANSFER, save, uniform

GOOD = {"version": "0.1.0", "weights": "w", "style": "s", "settings": {}, "more": []}
HOSTILE: dict[str, Any] = {
    "a list": [],
    "settings of every wrong kind": {
        "settings": {
            "size": "large", "seed": 10**400, "strength": [], "unbounded": 3, "weights": "\0",
            "style_loss": "none", "color": "\ud800", "preset": {}, "unknown": 1,
        }
    },
    "wrong kinds": {"more": [[5, "x"], 3], "style_layer": 5, "style_file": {}, "start_layer": []},
    "an address on the network": {"style_file": "smb://example.invalid/style.png"},
    "a device": {"style_file": "file:///dev/zero", "start_file": "file:///dev/stdin"},
    "another folder": {"style_file": "../../etc/passwd"},
    "no such style": {"style_builtin": "no such", "style_palette": "no such"},
}  # fmt: skip


def hostile() -> dict[str, Any]:
    """Repeats each hostile record; returns which style file and builtin style were then chosen."""
    scene = uniform()
    chosen = {}
    for case, values in HOSTILE.items():
        record = {**GOOD, **values} if isinstance(values, dict) else values
        _attach(scene.photo, json.dumps(record).encode())
        chosen[case] = _repeated(scene)
    for case, data in (("no JSON", b"nonsense"), ("nested deeply", b"[" * 50_000)):
        _attach(scene.photo, data)
        chosen[case] = _repeated(scene)
    return chosen


def published(folder: str) -> dict[str, Any]:
    """Paints in the style of a file, and saves the image beside it; returns what is kept."""
    scene = uniform()
    style = Gio.File.new_for_path(f"{folder}/style.png")
    layer = paint(scene, style_file=style, evaluations=0, size=16)
    now = layer_records.read(layer)
    file = Gio.File.new_for_path(f"{folder}/painted.xcf")
    save(scene.image, file.get_path())
    opened = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    later = opened.get_layers()[0]
    config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
    record = layer_records.read(later)
    if record is not None:
        record.repeat(config, opened.get_layers()[1])
    found = config.get_property("style-file")
    return {
        "in the image": record_of(later)["style_file"],
        "in this session": now and now.style_file,
        "found again": found and found.get_path(),
        "folder in the file": folder.encode() in Path(file.get_path()).read_bytes(),
    }


def _attach(layer: Any, data: bytes) -> None:
    layer.attach_parasite(Gimp.Parasite.new("neural-style", 1, data))


def _repeated(scene: Any) -> list[str | None]:
    config = Gimp.get_pdb().lookup_procedure(TRANSFER).create_config()
    records = [record for _name, record in layer_records.all_of(scene.image)]
    for record in records:
        record.repeat(config, scene.photo)
    file = config.get_property("style-file")
    return [file and file.get_uri(), config.get_property("style-builtin")]
