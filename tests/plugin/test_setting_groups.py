"""nst_gimp.windows.setting_groups: the dialog has a place for each setting."""

from __future__ import annotations

from nst_gimp.windows.setting_groups import GROUPS, LOOK

from nst_contract.settings import SPECS


def test_each_setting_stands_in_one_place() -> None:
    settings = ["preset", *LOOK, *(name for group in GROUPS.values() for name in group)]
    assert sorted(settings) == sorted(SPECS)
