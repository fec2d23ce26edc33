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


def test_what_is_taken_away_in_mid_run_costs_no_more_than_the_result(bench: Bench) -> None:
    outcome = bench.run(f"""
        import sys
        sys.path.insert(0, "{bench.plug_ins}/neural-style")
        from nst_contract.errors import Cancelled, NstError
        from nst_gimp import layers, procedure
        check_there = layers.check_there
        pdb_procedure = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-transfer")

        def paint_and(take_away):
            image = new_image(64, 48, [("style", (1, 200, 90, 255)), ("photo", (200, 60, 20, 255))])
            photo, style = image.get_layers()
            config = pdb_procedure.create_config()
            for name, value in (("style-layer", style), ("evaluations", 3), ("size", 32)):
                config.set_property(name, value)

            def check(*arguments):  # as soon as the engine is at work
                layers.check_there = check_there
                take_away(image, photo, style)
                check_there(*arguments)

            layers.check_there = check
            try:
                mode = Gimp.RunMode.NONINTERACTIVE
                layer = procedure.transfer(pdb_procedure, mode, image, [photo], config)
                assert layer.get_mask() is None
                return layer.get_name(), [layer.get_name() for layer in image.get_layers()]
            except (Cancelled, NstError) as error:
                left = image.is_valid() and [layer.get_name() for layer in image.get_layers()]
                return type(error).__name__, str(error), left

        result([
            paint_and(lambda image, photo, style: image.remove_layer(style)),
            paint_and(lambda image, photo, style: image.remove_layer(photo)),
            paint_and(lambda image, photo, style: image.delete()),
            paint_and(lambda image, photo, style: image.select_rectangle(
                Gimp.ChannelOps.REPLACE, 3, 3, 5, 5)),
        ])
    """)
    without_style, without_photo, without_image, selected = outcome.value
    name = "photo (Neural Style: style)"
    assert without_style == [name, [name, "photo"]]
    assert without_photo[0] == "NstError"
    assert without_photo[1].startswith("The layer was removed while it was being painted. Keep")
    assert without_photo[2] == ["style"]
    assert without_image == ["Cancelled", "", False]
    assert selected == [name, [name, "photo", "style"]]
    bench.wait(lambda: not bench.left_behind(), "nothing to be left", seconds=2)


def test_the_engine_ends_when_gimp_is_killed(bench: Bench) -> None:
    with bench.start(LONG_RUN) as session:
        engine = bench.wait_for_engine()
        os.kill(session.pid, signal.SIGKILL)
        processes.wait_gone(engine, timeout=2)
    bench.wait(lambda: not bench.left_behind(), "the pixels to be removed", seconds=2)


def test_the_engine_and_the_pixels_go_when_the_plug_in_is_killed(bench: Bench) -> None:
    """GIMP's own Cancel kills the plug-in, which then cannot clean up."""
    with bench.start(LONG_RUN) as session:
        engine = bench.wait_for_engine()
        (plug_in,) = processes.find(f"{bench.plug_ins}/neural-style/neural-style.py")
        os.kill(plug_in, signal.SIGKILL)
        processes.wait_gone(engine, timeout=2)
        bench.wait(lambda: not bench.left_behind(), "the pixels to be removed", seconds=2)
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
