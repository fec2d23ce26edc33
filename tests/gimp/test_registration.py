"""What GIMP shows of the plug-in before it does anything."""

from __future__ import annotations

from collections.abc import Callable

from nst_contract.settings import SPECS, Settings
from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp


@each_gimp  # how procedures and their arguments are described
def test_is_in_the_artistic_filters_with_the_engines_own_ranges_and_defaults(bench: Bench) -> None:
    procedure = bench.run("registration.place_and_arguments")
    assert procedure["label"] == "_Neural Style..."
    # With several layers selected, or none, the error says what to do; a greyed entry would not.
    assert procedure["active"] == [True, True, True]
    assert procedure["menus"] == ["<Image>/Filters/Artistic"]
    for setting, spec in SPECS.items():
        limits, default = procedure["arguments"][setting.replace("_", "-")]
        assert default == str(Settings.__dataclass_fields__[setting].default), setting
        if spec.is_closed:
            assert limits == list(spec.choices), setting
        elif limits:
            assert limits == [spec.low, spec.high], setting


@each_gimp  # who translates a plug-in's menu entry
def test_speaks_the_language_that_gimp_was_told_to_speak(own_gimp: Callable[..., Bench]) -> None:
    bench = own_gimp(LANGUAGE="de")
    assert bench.run("registration.menu_label") == "_Neural Style …"
    assert bench.run("errors.no_style")["text"].startswith("Es ist kein Stil gewählt.")
    bench.finish()


def test_a_plug_in_without_its_installers_file_still_registers_and_says_what_to_do(
    own_gimp: Callable[..., Bench],
) -> None:
    bench = own_gimp()
    (bench.plug_in / "engine.json").unlink()
    answer = bench.run("errors.one_call")
    assert answer["status"] == "EXECUTION_ERROR"
    assert "engine.json cannot be read" in answer["text"]
    assert "./install.sh" in answer["text"]
    assert answer["unchanged"]
    bench.finish()


def test_the_check_returns_the_doctors_report(bench: Bench) -> None:
    answer = bench.run("registration.check")
    assert (answer["status"], answer["is well"]) == ("success", True)
    for part in ("GIMP 3.", "plug-in.log", "torch", "checksum holds", "All is well."):
        assert part in answer["report"], part
