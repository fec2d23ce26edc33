"""nst_gimp.text.amounts: times and amounts as people say them."""

from __future__ import annotations

import pytest
from nst_gimp.text import amounts

from tests.plugin.engines import ready, scale


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (91, "2 min"), (5340, "89 min"), (5400, "1 h 30 min")],
)
def test_times_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert amounts.duration(seconds) == text


def test_a_forecast_names_time_memory_and_the_finest_scale() -> None:
    plan = ready(scale(512, 341), scale(1600, 1067), seconds=120, needs=round(3.1 * 2**30))
    assert amounts.forecast(plan) == "about 2 min, 3.1 GiB, 1600 x 1067 px"
