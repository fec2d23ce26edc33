"""nst_gimp.engine.kept_record: what is kept with a painted layer tells nobody's folders, and what
comes from a stranger's image cannot break the dialog.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from nst_gimp.engine import kept_record

from nst_contract.settings import Settings

RECORD: dict[str, Any] = {
    "version": "0.1.0",
    "settings": Settings().as_dict(),
    "weights": "vgg19",
    "style": "Zoë's style",
    "style_file": "file:///home/zoe/secret/a%20painting.png",
    "style_layer": None,
    "more": [("second", 2.0)],
    "style_builtin": "swirls",
    "style_palette": "content",
    "start_file": "file:///home/zoe/secret/start.png",
    "start_layer": "sketch",
    "strength_mask": "faces",
    "content": "Golden Gate",
    "content_tattoo": 7,
    "finest": 17,
    "more_files": ["file:///home/zoe/secret/another.png"],
    "more_builtins": ["mosaic"],
    "more_palettes": ["ocean"],
    "content_key": "0f3d",
}
SECRET = {"weights": "caffe:/home/zoe/secret/v.pth", "backbone": "mini-vgg16:/home/zoe/secret/n"}
NAMES = {"weights": "caffe:v.pth", "backbone": "mini-vgg16:n"}


def read(record: Any, files: Any = None) -> dict[str, Any] | None:
    return kept_record.values_in(
        json.dumps(record).encode(), json.dumps({} if files is None else files).encode()
    )


@pytest.mark.parametrize("setting", SECRET)
def test_the_images_file_holds_names_and_this_machine_the_folders(setting: str) -> None:
    secret = {**Settings().as_dict(), setting: SECRET[setting]}
    whole = {**RECORD, "settings": secret}
    kept, files = kept_record.without_folders(whole)
    assert "secret" not in json.dumps(kept)
    assert kept["settings"] == {**secret, setting: NAMES[setting]}
    assert (kept["style_file"], kept["start_file"]) == ("a painting.png", "start.png")
    assert kept["more_files"] == ["another.png"]
    assert read(kept, files) == {**whole, "more": [("second", 2.0)]}
    assert read(kept) == {**kept, "more": [("second", 2.0)]}


def test_a_record_of_an_earlier_version_is_read() -> None:
    added: dict[str, Any] = {"more_files": [], "more_builtins": [], "more_palettes": []}
    earlier = {name: value for name, value in RECORD.items() if name not in added}
    assert read(earlier) == {**RECORD, **added}


def test_what_a_later_version_adds_is_passed_by() -> None:
    later = {**RECORD, "added": 1, "settings": {**RECORD["settings"], "new": 1, "size": "large"}}
    values = read(later)
    assert values is not None
    assert "added" not in values
    assert values["settings"] == {k: v for k, v in RECORD["settings"].items() if k != "size"}


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("style_file", 5, None), ("style_file", "a\0b", None), ("style_layer", "\ud800", None),
        ("style_layer", ["x"], None), ("style_builtin", "no such", None), ("more", None, []),
        ("style_builtin", ["swirls"], None), ("style_palette", "no such", ""), ("more", 3, []),
        ("more", [["a", 1e9], ["b", "2"]], [(None, 1.0), (None, 1.0)]),
        ("more", [["a", float("nan")]], [(None, 1.0)]), ("more", [5, {}], [(None, 1.0)] * 2),
        ("more", [["a", 1]] * 50, [("a", 1.0)] * 2), ("start_file", "x" * 10_000, None),
        ("strength_mask", {}, None),
        ("content_key", 7, None),
        ("content", 5, None), ("content_tattoo", "7", None), ("content_tattoo", 2**40, None),
        ("finest", -1, None), ("finest", True, None),
        ("more_files", "x", []), ("more_files", [3, "a"], [None, "a"]),
        ("more_builtins", [[], "no such"], [None, None]), ("more_builtins", {}, []),
        ("more_palettes", ["no such", 5, "sea"], ["", ""]), ("more", [[None, 2]], [(None, 2.0)]),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_left_out(name: str, value: Any, read_as: Any) -> None:
    values = read({**RECORD, name: value})
    assert values == {**RECORD, name: read_as}


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"null", b"[]", b"{}", b"[" * 50_000, b"{" * 200_000,
     json.dumps({**RECORD, "version": 1}).encode(), json.dumps({**RECORD, "settings": []}).encode(),
     json.dumps({**RECORD, "style": None}).encode()],
)  # fmt: skip
def test_what_is_no_record_is_none(data: bytes) -> None:
    assert kept_record.values_in(data) is None
    assert kept_record.values_in(json.dumps(RECORD).encode(), data) is not None
