"""How a run may end before its time: nothing is lost, and nothing stays behind."""

from __future__ import annotations

import os
import signal

from tests.gimp.bench import Bench
from tests.gimp.harness import processes

# A run that would take hours.
LONG_RUN = """
    image = new_image(256, 256, [("style", (1, 200, 90, 255)), ("photo", (200, 60, 20, 255))])
    photo, style = image.get_layers()
    before = get(photo)
    put(style, bytes(i * i % 251 for i in range(256 * 256 * 4)))
    status, error, values = call("plug-in-neural-style-transfer", image, [photo],
        style_layer=style, evaluations=10000)
    result([status, error, len(image.get_layers()), get(photo) == before])
"""


def test_a_killed_engine_is_reported_and_the_image_stays(bench: Bench) -> None:
    with bench.start(LONG_RUN) as session:
        os.kill(bench.wait_for_engine(), signal.SIGKILL)
        status, error, layers, untouched = session.value()
        session.finish()
    assert status == "EXECUTION_ERROR"
    assert "The engine stopped unexpectedly (signal SIGKILL)" in error
    assert "choose a smaller size" in error
    assert (layers, untouched) == (2, True)
    assert bench.left_behind() == []


def test_the_engine_ends_when_gimp_is_killed(bench: Bench) -> None:
    with bench.start(LONG_RUN) as session:
        engine = bench.wait_for_engine()
        os.kill(session.pid, signal.SIGKILL)
        processes.wait_gone(engine, timeout=5)
    bench.wait(lambda: not bench.left_behind(), "the pixels to be removed", seconds=5)


def test_the_engine_and_the_pixels_go_when_the_plug_in_is_killed(bench: Bench) -> None:
    """GIMP's own Cancel kills the plug-in, which then cannot clean up."""
    with bench.start(LONG_RUN) as session:
        engine = bench.wait_for_engine()
        (plug_in,) = processes.find(f"{bench.plug_ins}/neural-style/neural-style.py")
        os.kill(plug_in, signal.SIGKILL)
        processes.wait_gone(engine, timeout=5)
        bench.wait(lambda: not bench.left_behind(), "the pixels to be removed", seconds=5)
        _, _, layers, untouched = session.value()
        session.finish(check=False)
    assert (layers, untouched) == (2, True)


def test_what_a_killed_engine_and_plug_in_leave_is_swept_by_the_next_run(bench: Bench) -> None:
    stale = bench.home / "CACHE" / "gimp-neural-style" / "jobs" / "neural-style-stale"
    stale.mkdir(parents=True, mode=0o700)
    (stale / "lock").touch()
    (stale / "content.raw").write_bytes(b"private")
    bench.run(LONG_RUN.replace("evaluations=10000", "evaluations=0"))
    assert not stale.exists()
