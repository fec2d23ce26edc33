"""nst_gimp.engine.remedies: a button for what helps against a refusal."""

from __future__ import annotations

from nst_gimp.engine.remedies import remedies

from nst_contract.errors import BAD_INPUT, BAD_SETTING, MEMORY, WEIGHTS, NstError
from nst_contract.messages import Message
from nst_contract.settings import Settings

SETTINGS = Settings().as_dict()
TOO_LARGE = NstError(
    MEMORY,
    Message("Too large."),
    Message("Choose a size of {size} pixels or less, or close other programs.", size=430),
)


def offered(error: NstError, **settings: object) -> list[tuple[str, dict[str, object]]]:
    return [(found.label, found.values) for found in remedies(error, {**SETTINGS, **settings})]


def test_what_is_too_large_is_painted_at_the_largest_size_that_fits() -> None:
    assert offered(TOO_LARGE) == [("Paint at 430 _Pixels", {"size": 430})]


def test_a_limit_of_ones_own_is_the_first_to_go() -> None:
    assert offered(TOO_LARGE, memory=0.5) == [
        ("Use All Free _Memory", {"memory": 0.0}),
        ("Paint at 430 _Pixels", {"size": 430}),
    ]


def test_a_setting_that_will_not_do_is_reset() -> None:
    error = NstError(BAD_SETTING, Message("{setting} is {value!r}.", setting="device", value=1), "")
    assert offered(error, device="second") == [("Reset Device", {"device": "auto"})]


def test_weights_that_are_not_there_are_reset() -> None:
    error = NstError(WEIGHTS, "There is no file.", "Look for it.")
    assert offered(error, weights="/gone.pth") == [("Reset Weights", {"weights": "caffe"})]


def test_where_no_setting_helps_there_is_no_button() -> None:
    assert offered(NstError(BAD_INPUT, "It is transparent.", "Choose another.")) == []
    assert offered(NstError(MEMORY, "Out of memory.", "Close other programs.")) == []
