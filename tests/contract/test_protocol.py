"""nst_contract.protocol: what is said over the pipe arrives as it was meant."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from nst_contract import platforms
from nst_contract.errors import BAD_REQUEST, NstError
from nst_contract.protocol import PROTOCOL
from nst_contract.protocol.events import (
    Caution,
    Done,
    Error,
    Event,
    Loaded,
    Preview,
    Progress,
    Ready,
    Sketched,
    decode,
    encode,
)
from nst_contract.protocol.requests import (
    BuiltinStyle,
    Inquiry,
    Raster,
    Request,
    Sketch,
    StyleRequest,
    parse,
)
from tests.helpers.processes import REPOSITORY

EVENTS: list[Event] = [
    Loaded("0.1.0", "cpu", "float32", "vgg19"),
    Ready("0.1.0", "vgg19", "cpu", "float32", 10**9, 2 * 10**9, [{"tile": [256, 256]}], 60.5),
    Progress(3, 150, 512, 0, 1e6, 4e5, 6e5, 0.25, 12.5),
    Preview(Raster("preview-1.raw", 64, 48, "u8")),
    Caution("Something is odd: Zoë's \u201cphoto\u201d\nis small.", "Take another."),
    Done("result.raw", {"size": 64, "preset": "gatys"}, 7, "vgg19", 150, 1e6, 1e4),
    Error("disk", "The disk is full.", "Make room."),
    Sketched(4, Raster("sketch-4-1.raw", 64, 48, "u8"), 0.5),
]
# The words on the wire are part of the contract.
WORDS = ["loaded", "ready", "progress", "preview", "warning", "done", "error", "sketched"]


def style(**changes: Any) -> dict[str, Any]:
    """A good style as JSON values, its picture with some of them replaced."""
    return {"picture": {"file": "x.raw", "width": 5, "height": 6, "sample": "u8", **changes}}


def request(**changes: Any) -> dict[str, Any]:
    """A good request as JSON values, with some replaced; None leaves one out."""
    raster = {"file": "content.raw", "width": 64, "height": 48, "sample": "u8"}
    values = {
        "protocol": PROTOCOL,
        "folder": "/tmp/neural-style-x",  # noqa: S108
        "content": raster,
        "styles": [style(file="style.raw")],
        "settings": {"size": 64},
        "preview_seconds": 0.5,
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("event", EVENTS, ids=WORDS)
def test_every_event_arrives_as_it_was_sent(event: Event) -> None:
    assert decode(encode(event)) == event


@pytest.mark.parametrize(("event", "word"), list(zip(EVENTS, WORDS, strict=True)), ids=WORDS)
def test_an_event_is_one_line_of_ascii_json_with_its_word(event: Event, word: str) -> None:
    line = encode(event)
    assert line.isascii()
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert json.loads(line)["event"] == word


@pytest.mark.parametrize("event", EVENTS, ids=WORDS)
def test_what_a_later_version_adds_is_passed_by(event: Event) -> None:
    later = {**json.loads(encode(event)), "added_later": [1, 2]}
    assert decode(json.dumps(later)) == event


def test_the_protocols_version_is_told_first() -> None:
    assert json.loads(encode(EVENTS[0]))["protocol"] == PROTOCOL


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Segmentation fault",
        "[]",
        "3",
        "null",
        "{}",
        '{"event": "nonsense"}',
        '{"event": ["progress"]}',
        '{"event": "progress"}',
        '{"event": "preview", "raster": 3}',
        '{"event": "preview", "raster": {"file": "../x", "width": 1, "height": 1, "sample": "u8"}}',
    ],
)
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(NstError) as caught:
        decode(line)
    assert caught.value.code == BAD_REQUEST
    assert platforms.installer.SCRIPT in caught.value.advice


def test_a_request_arrives_as_it_was_sent() -> None:
    sent = Request(
        "/tmp/neural-style-Zoë",  # noqa: S108
        Raster("content.raw", 64, 48, "u16", name="Zoë's\nlayer"),
        (
            StyleRequest(Raster("a.raw", 5, 6, "u8")),
            StyleRequest(Raster("b.raw", 7, 8, "f32"), 2.0, 0.5, Raster("m.raw", 3, 4, "u8", 1)),
            StyleRequest(BuiltinStyle("swirls", "content", 3, "Zoë's swirls"), 0.25),
        ),
        mask=Raster("mask.raw", 64, 48, "f32", 1),
        start=Raster("start.raw", 9, 9, "u16"),
        settings={"size": 64, "preset": "gatys"},
        preview_seconds=0.25,
        strength_mask=Raster("strength.raw", 32, 24, "f32", 1),
    )
    line = sent.to_line()
    assert line.isascii()
    assert line.count("\n") == 1
    assert parse(line) == sent


def test_a_sketch_arrives_as_it_was_sent() -> None:
    mask = Raster("m.raw", 3, 4, "u8", 1)
    styles = (StyleRequest(BuiltinStyle("swirls"), 0.25, mask=mask),)
    content = Raster("content.raw", 64, 48, "u8")
    asked = Request(
        "/tmp/neural-style-x",  # noqa: S108
        content, styles, mask, content, {"strength": 0.5}, 0.1, mask,
    )  # fmt: skip
    sent = Sketch(7, asked, 256, 3.0)
    line = sent.to_line()
    assert line.count("\n") == 1
    assert parse(line) == sent


def test_a_sketch_that_cannot_be_is_sent_with_its_error_and_without_a_picture() -> None:
    event = Sketched(4, error=Error("bad-setting", "size is -5.", "Take more."))
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    "change",
    [
        {"side": 15}, {"side": 2**20}, {"side": True}, {"seconds": -1}, {"seconds": "3"},
        {"number": -1}, {"request": None}, {"request": {"folder": "/x"}}, {"more": 1},
    ],
)  # fmt: skip
def test_what_is_no_sketch_is_refused(change: dict[str, Any]) -> None:
    values = request()
    version = values.pop("protocol")
    sketch = {"number": 1, "request": values, "side": 256, "seconds": 3.0}
    assert parse(json.dumps({"protocol": version, "sketch": sketch}))
    with pytest.raises(NstError) as caught:
        parse(json.dumps({"protocol": version, "sketch": sketch | change}))
    assert caught.value.code == BAD_REQUEST


def test_an_inquiry_arrives_as_it_was_sent() -> None:
    styles = ((48, 32), BuiltinStyle("swirls", "sunset"), (7, 9))
    sent = Inquiry(5, (640, 480), styles, {"size": 64}, masks=2, style_scales=(1, 0.5, 2))
    assert parse(sent.to_line()) == sent


def test_settings_and_previews_may_be_left_out() -> None:
    line = json.dumps(request(settings=None, preview_seconds=None))
    asked = parse(line)
    assert isinstance(asked, Request)
    assert asked.settings == {}
    assert asked.preview_seconds == 0


def raster(**changes: Any) -> dict[str, Any]:
    return {**request()["content"], **changes}


BAD_REQUESTS: dict[str, Callable[[], Any]] = {
    "no object": lambda: [1],
    "another protocol": lambda: request(protocol=PROTOCOL + 1),
    "no protocol": lambda: request(protocol=None),
    "no folder": lambda: request(folder=None),
    "no content": lambda: request(content=None),
    "no styles": lambda: request(styles=None),
    "an unknown field": lambda: request(nonsense=1),
    "a folder that is no text": lambda: request(folder=5),
    "settings that are none": lambda: request(settings=[1]),
    "a text as seconds": lambda: request(preview_seconds="soon"),
    "negative seconds": lambda: request(preview_seconds=-1),
    "seconds that are no number": lambda: request(preview_seconds=float("nan")),
    "a style that is no object": lambda: request(styles=["style.raw"]),
    "a built-in style that is no text": lambda: request(styles=[{"picture": {"style": 3}}]),
    "a built-in style with a broken seed": lambda: request(
        styles=[{"picture": {"style": "swirls", "seed": 0.5}}]
    ),
    "a built-in style with a file": lambda: request(styles=[style(style="swirls")]),
    "a style without a picture": lambda: request(styles=[{"weight": 1}]),
    "a style that is a mask": lambda: request(styles=[style(channels=1)]),
    "a weight that is no number": lambda: request(styles=[{**style(), "weight": "2"}]),
    "a scale that is none": lambda: request(styles=[{**style(), "scale": True}]),
    "a mask that is a picture": lambda: request(mask=raster()),
    "a strength mask that is a picture": lambda: request(strength_mask=raster()),
    "a style's mask that is a picture": lambda: request(styles=[{**style(), "mask": raster()}]),
    "a content that is a mask": lambda: request(content=raster(channels=1)),
    "a start that is a mask": lambda: request(start=raster(channels=1)),
    "no width": lambda: request(content=raster(width=0)),
    "a broken width": lambda: request(content=raster(width=1.5)),
    "a width that is none": lambda: request(content=raster(width=True)),
    "a negative height": lambda: request(content=raster(height=-1)),
    "unknown samples": lambda: request(content=raster(sample="u32")),
    "samples that are no word": lambda: request(content=raster(sample=["u8"])),
    "three channels": lambda: request(content=raster(channels=3)),
    "no file": lambda: request(content=raster(file="")),
    "a file elsewhere": lambda: request(content=raster(file="../secret")),
    "a file at an absolute path": lambda: request(content=raster(file="/etc/passwd")),
    "the folder above": lambda: request(styles=[style(file="..")]),
    "a path of Windows": lambda: request(styles=[style(file="..\\secret")]),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_what_is_no_request_is_refused(case: str) -> None:
    with pytest.raises(NstError) as caught:
        parse(json.dumps(BAD_REQUESTS[case]()))
    assert caught.value.code == BAD_REQUEST
    assert platforms.installer.SCRIPT in caught.value.advice


BAD_INQUIRIES: dict[str, dict[str, Any]] = {
    "a width of nothing": {"styles": [[0, 5]]},
    "one side alone": {"styles": [[5]]},
    "four sides": {"styles": [[5, 6, 7, 8]]},
    "a style that is a text": {"styles": ["swirls"]},
    "a built-in style without a name": {"styles": [{"palette": "sunset"}]},
    "a content that is built in": {"content": {"style": "swirls"}},
    "a number that is none": {"number": "1"},
    "less than no mask": {"masks": -1},
    "a scale that is none": {"style_scales": ["2"]},
    "more scales than styles": {"style_scales": [1, 2]},
}


@pytest.mark.parametrize("case", BAD_INQUIRIES)
def test_what_is_no_inquiry_is_refused(case: str) -> None:
    good = {"number": 1, "content": [64, 48], "styles": [[5, 6]], "settings": {}}
    asked = {**good, **BAD_INQUIRIES[case]}
    with pytest.raises(NstError) as caught:
        parse(json.dumps({"protocol": PROTOCOL, "inquiry": asked}))
    assert caught.value.code == BAD_REQUEST


@pytest.mark.parametrize("line", ["", "garbage", '{"protocol": 1', "null"])
def test_what_is_no_json_is_refused(line: str) -> None:
    with pytest.raises(NstError) as caught:
        parse(line)
    assert caught.value.code == BAD_REQUEST


@pytest.mark.parametrize(("sample", "size"), [("u8", 60), ("u16", 120), ("f32", 240)])
def test_a_raster_knows_how_many_bytes_its_file_has(sample: str, size: int) -> None:
    assert Raster("x.raw", 5, 3, sample).size_in_bytes == size


MODULES = [
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    for path in sorted((REPOSITORY / "nst_contract").rglob("*.py"))
    # Each system's own modules can be imported there alone.
    if path.parent.name not in {"posix", "windows"} - {platforms.files.__name__.split(".")[-2]}
]


def test_the_modules_to_be_copied_are_found_in_packages_too() -> None:
    assert {"nst_contract.settings", "nst_contract.protocol.events"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_what_the_plug_in_copies_needs_the_standard_library_alone(module: str) -> None:
    script = (
        "import sys; before = set(sys.modules)\n"
        f"import {module}\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "sys.exit(str(new - sys.stdlib_module_names - {'nst_contract'}) if "
        "new - sys.stdlib_module_names - {'nst_contract'} else 0)"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-c", script], cwd=REPOSITORY, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr
