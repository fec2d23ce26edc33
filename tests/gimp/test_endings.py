"""How a run may end before its time: nothing is lost, and nothing stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.gimp.bench import Bench
from tests.gimp.harness import processes
from tests.gimp.versions import each_gimp


def test_a_killed_engine_is_reported_and_the_image_stays(bench: Bench) -> None:
    run = bench.start("endings.long_run")
    os.kill(bench.wait_for_engine(), signal.SIGKILL)
    outcome = run.value()
    assert outcome["status"] == "EXECUTION_ERROR"
    assert "The engine stopped unexpectedly (signal SIGKILL)" in outcome["error"]
    assert "choose a smaller size" in outcome["error"]
    assert outcome["layers"] == ["photo", "style"]
    assert outcome["content untouched"]
    assert bench.left_behind() == []


def test_where_nobody_can_be_asked_it_paints_as_for_a_script(bench: Bench) -> None:
    assert bench.run("endings.asked_without_a_window") == "SUCCESS"


@each_gimp  # when a plug-in learns that an image or a layer is gone
def test_what_is_taken_away_in_mid_run_costs_no_more_than_the_result(bench: Bench) -> None:
    outcomes = bench.run("endings.taken_away")
    name = "photo (Neural Style: style)"

    def painted(*layers: str) -> dict[str, object]:
        return {"painted": name, "has a mask": False, "failure": None, "left": list(layers)}

    assert outcomes["style"] == painted(name, "photo")
    assert outcomes["nothing, but selected"] == painted(name, "photo", "style")
    kind, message = outcomes["content"]["failure"]
    assert kind == "NstError"
    assert message.startswith("The layer to be painted was removed. Keep")
    assert outcomes["content"]["left"] == ["style"]
    assert outcomes["image"]["failure"] == ["Cancelled", ""]
    assert outcomes["image"]["left"] is None


@each_gimp  # how a plug-in learns that GIMP is gone
def test_the_engine_and_the_pixels_go_when_gimp_is_killed(own_gimp: Callable[..., Bench]) -> None:
    bench = own_gimp()
    bench.start("endings.long_run")
    engine = bench.wait_for_engine()
    os.kill(bench.session.pid, signal.SIGKILL)
    processes.wait_gone(engine)
    bench.wait_until_clean()


@each_gimp  # what GIMP does when a plug-in crashes
def test_the_engine_and_the_pixels_go_when_the_plug_in_is_killed(bench: Bench) -> None:
    """GIMP's own Cancel kills the plug-in, which then cannot clean up."""
    run = bench.start("endings.long_run")
    engine = bench.wait_for_engine()
    (plug_in,) = processes.find(f"{bench.plug_in}/neural-style.py")
    os.kill(plug_in, signal.SIGKILL)
    processes.wait_gone(engine)
    bench.wait_until_clean()
    outcome = run.value()
    assert outcome["layers"] == ["photo", "style"]
    assert outcome["content untouched"]


def test_what_a_killed_engine_and_plug_in_leave_is_swept_by_the_next_run(bench: Bench) -> None:
    stale = bench.home / "CACHE" / "gimp-neural-style" / "jobs" / "neural-style-stale"
    stale.mkdir(parents=True, mode=0o700)
    (stale / "lock").touch()
    (stale / "content.raw").write_bytes(b"private")
    bench.run("errors.no_style")
    assert not stale.exists()
