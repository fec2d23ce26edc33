"""Groups, texts and other kinds of layers: as content and as style."""

from __future__ import annotations

from pathlib import Path

from tests.gimp.bench import Bench
from tests.gimp.versions import each_gimp


@each_gimp  # vectors and links are new in 3.2
def test_groups_texts_links_and_vectors_are_painted_as_they_look_and_stay_what_they_are(
    bench: Bench, tmp_path: Path
) -> None:
    kinds = bench.run("kinds_of_layer.as_they_look", folder=str(tmp_path))
    new_in_3_2 = {"vector", "link"} if bench.gimp.version >= (3, 2, 0) else set()
    assert set(kinds) == {"group", "text"} | new_in_3_2
    for name, answer in kinds.items():
        assert answer == {
            "becomes": "Layer",
            "right above": True,
            "looks the same": True,
            "is seen at all": True,
            "stays what it is": True,
            "as a style": True,
        }, name


@each_gimp  # vectors and links are new in 3.2
def test_a_group_is_painted_in_the_style_of_layers_of_all_other_kinds(
    bench: Bench, tmp_path: Path
) -> None:
    painted = bench.run("kinds_of_layer.group_in_the_style_of_all_others", folder=str(tmp_path))
    assert len(painted["styles"]) == (3 if bench.gimp.version >= (3, 2, 0) else 1)
    assert painted["changed"] > 500
    assert painted["changed where the group is not seen"] == 0
    assert painted["all others untouched"]
