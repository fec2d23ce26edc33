"""Records of layers in strangers' images: whatever they hold, GIMP gets values that it can take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_contract.setting_spec import check
from nst_contract.settings import SPECS, Settings

PLUG_IN = Path(__file__).parents[2] / "gimp_plugin"
FIELDS = (
    "version", "settings", "weights", "style", "style_file", "style_layer", "more",
    "style_builtin", "style_palette", "start_file", "start_layer", "strength_mask",
    "content", "content_tattoo", "finest", "more_files", "more_builtins", "more_palettes",
    "content_key",
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
SETTINGS = st.dictionaries(st.sampled_from(sorted(SPECS)), ANYTHING, max_size=4)


@pytest.fixture
def kept_record(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(PLUG_IN)
    from nst_gimp.engine import kept_record

    return kept_record


@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4),
    settings=SETTINGS,
    files=ANYTHING,
)
def test_whatever_is_read_has_the_types_that_gimp_takes(
    changes: dict[str, Any], settings: dict[str, Any], files: Any, kept_record: Any
) -> None:
    good = {"version": "1", "weights": "w", "style": "s", "settings": settings}
    data = json.dumps({**good, **changes}).encode()
    values = kept_record.values_in(data, json.dumps(files).encode())
    if values is None:
        return
    assert set(values) == set(FIELDS)
    for name, value in values["settings"].items():
        check(name, SPECS[name], Settings().as_dict()[name], value)
    for value in (*values.values(), *values["settings"].values()):
        if isinstance(value, str):
            assert b"\0" not in value.encode()
    for name in ("content_tattoo", "finest"):
        assert values[name] is None or isinstance(values[name], int)
    for name in ("more_files", "more_builtins", "more_palettes"):
        assert len(values[name]) <= 2
        assert all(text is None or isinstance(text, str) for text in values[name])
    for name, weight in values["more"]:
        assert name is None or isinstance(name, str)
        assert 0.01 <= weight <= 100
