"""Paint painted layers once more."""

from __future__ import annotations

from typing import Any

from nst_gimp.arguments import layer_records

from tests.gimp.harness.inside import Gimp, Gio, call, get
from tests.gimp.scripts.painting import paint, record_of
from tests.gimp.scripts.scenes import Scene, load, save, uniform

IN_NORMAL, VARIANT, GO_ON = (
    f"plug-in-neural-style-{kind}" for kind in ("in-normal", "variant", "go-on")
)


def every_way(pictures: str) -> dict[str, Any]:
    """Paints a draft, then each way once more, from the painted layer."""
    scene = _scene(pictures)
    draft = paint(
        scene, style_layer=scene.style, size=16, preset="draft", evaluations=2, strength=0.5
    )
    found: dict[str, Any] = {"draft": _about(draft)}
    for name in (IN_NORMAL, VARIANT, GO_ON):
        status, error, values = call(name, scene.image, [draft])
        found[name] = _about(values[0]) if status == "SUCCESS" else {"error": error}
    found["order"] = [layer.get_name() for layer in scene.image.get_layers()]
    return found


def by_repeat(pictures: str) -> dict[str, Any]:
    """Paints, paints a variant, and repeats the run with the painted layer selected."""
    scene = _scene(pictures)
    first = paint(scene, style_layer=scene.style, size=16, evaluations=2)
    call(VARIANT, scene.image, [first])
    last = Gimp.RunMode.WITH_LAST_VALS
    name = "plug-in-neural-style-transfer"
    _status, error, values = call(name, scene.image, [first], last)
    same = bool(values) and get(values[0]) == get(first)
    return {"error": error, "as from the photograph": same}


def without_original(pictures: str, file: str) -> dict[str, Any]:
    """Saves and opens a painted image; paints again, then without the photograph."""
    scene = _scene(pictures)
    paint(scene, style_layer=scene.style, size=16, evaluations=2)
    save(scene.image, file)
    opened = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(file))
    painted, photo, _style = opened.get_layers()
    photo.set_name("renamed")
    status, error, values = call(VARIANT, opened, [painted])
    opened.remove_layer(photo)
    return {
        "renamed": [status, error, values and values[0].get_name()],
        "gone": call(VARIANT, opened, [painted])[:2],
        "not painted": call(VARIANT, opened, [opened.get_layers()[-1]])[:2],
    }


def in_another_image(pictures: str) -> dict[str, Any]:
    """Paints, and copies the painted layer into an image that has layers of the same numbers.

    Then its photograph as well; and the same in a copy of the image, which numbers anew, with a
    copy of the photograph at the top.
    """
    scene = _scene(pictures)
    painted = paint(scene, style_layer=scene.style, size=16, evaluations=2)
    other = _scene(pictures).image
    number = record_of(painted)["content_tattoo"]
    found: dict[str, Any] = {
        "another layer has its number": other.get_layer_by_tattoo(number) is not None
    }
    copy = _copied(painted, other)
    found["alone"] = call(VARIANT, other, [copy])[:2]
    _copied(scene.photo, other).set_name("photograph")
    found["with it"] = _painted_from(other, copy)
    _copied(scene.photo, scene.image)
    same = scene.image.duplicate()
    _copy, again, *_others = same.get_layers()
    found["in a copy of the image"] = _painted_from(same, again)
    return found


def with_a_copy_open(pictures: str) -> dict[str, Any]:
    """Paints, opens a copy of the image, and returns whose layer the style of a repetition is."""
    scene = _scene(pictures)
    painted = paint(scene, style_layer=scene.style, size=16, evaluations=2)
    copy = scene.image.duplicate()
    config = Gimp.get_pdb().lookup_procedure("plug-in-neural-style-transfer").create_config()
    record = layer_records.read(painted)
    assert record is not None
    record.repeat(config, scene.photo)
    own, other = scene.image.get_id(), copy.get_id()
    used = config.get_property("style-layer").get_image().get_id()
    return {"used": {own: "own", other: "copy"}[used]}


def _copied(layer: Any, image: Any) -> Any:
    copy = Gimp.Layer.new_from_drawable(layer, image)
    image.insert_layer(copy, None, 0)
    return copy


def _painted_from(image: Any, painted: Any) -> Any:
    """Returns the name of the layer that is painted when a painted one is painted once more."""
    status, error, values = call(VARIANT, image, [painted])
    return record_of(values[0])["content"] if status == "SUCCESS" else error


def _scene(pictures: str) -> Scene:
    image = uniform(96, 80).image
    for layer in image.get_layers():
        image.remove_layer(layer)
    style = load(image, f"{pictures}/style.png", "style")
    return Scene(image, load(image, f"{pictures}/photo.png", "photo"), style)


def _about(layer: Any) -> dict[str, Any]:
    record = record_of(layer)
    names = ("preset", "evaluations", "strength", "size", "start", "coarsest", "seed")
    return {
        "from": record["content"],
        "start": record["start_layer"],
        **{f"setting {name}": record["settings"][name] for name in names},
    }
