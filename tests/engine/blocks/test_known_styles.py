"""nst_core.blocks.known_styles: paintings that another scale sees alike are not looked at again."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nst_contract.settings import Settings
from nst_core.blocks.layout import blocks_of
from nst_core.blocks.scale_in_blocks import ScaleInBlocks
from nst_core.masks.regions import Region, StyleImage
from nst_core.networks.embedded_weights import Weights
from nst_core.networks.vgg import Vgg
from nst_core.scales.scale_inputs import ScaleInputs
from tests.helpers.photographs import CAT, COFFEE, TISSUE, photograph, tensor

SETTINGS = Settings()
ALL = list(SETTINGS.style_layer_weights)
SHALLOW = ALL[:2]
COARSE, FINE = tensor(photograph(COFFEE, 96, 64)), tensor(photograph(COFFEE, 192, 128))
PAINTING = StyleImage(tensor(photograph(TISSUE, 64, 64)))
VISIBLE = torch.ones(1, 1, 64, 64)


def scale(
    network: Vgg,
    content: torch.Tensor,
    paintings: list[StyleImage],
    compared: list[str] = SHALLOW,
    before: ScaleInBlocks | None = None,
) -> ScaleInBlocks:
    return ScaleInBlocks(
        network,
        ScaleInputs(content, [Region(paintings)], None),
        SETTINGS,
        dict.fromkeys(compared, 1.0),
        content.flip(3),
        known=before.styles if before else (),
    )


def test_what_is_known_is_kept_and_changes_nothing(network: Vgg) -> None:
    before = scale(network, COARSE, [PAINTING])
    # As the next scale has it: another tensor of the same values.
    same = replace(PAINTING, image=PAINTING.image.clone())
    with_known, without = (scale(network, FINE, [same], before=b) for b in (before, None))
    assert with_known.styles is before.styles
    (block,) = blocks_of((192, 128), (192, 192))
    found, expected = (
        one.prepared(block, FINE.flip(2)).objective.evaluate(FINE) for one in (with_known, without)
    )
    assert found.loss == expected.loss
    assert torch.equal(found.gradient, expected.gradient)


OTHERS: dict[str, tuple[list[StyleImage], list[str]]] = {
    "another size": ([StyleImage(PAINTING.image[..., :48])], SHALLOW),
    "other colours": ([StyleImage(PAINTING.image * 0.9)], SHALLOW),
    "another weight": ([replace(PAINTING, weight=2.0)], SHALLOW),
    "a part is transparent": ([replace(PAINTING, visible=VISIBLE)], SHALLOW),
    "one more": ([PAINTING, StyleImage(tensor(photograph(CAT, 64, 64)))], SHALLOW),
    "other layers are compared": ([PAINTING], ALL),
}


@pytest.mark.parametrize(("paintings", "compared"), OTHERS.values(), ids=OTHERS)
def test_what_is_not_the_same_is_looked_at(
    network: Vgg, paintings: list[StyleImage], compared: list[str]
) -> None:
    before = scale(network, COARSE, [PAINTING])
    found = scale(network, FINE, paintings, compared, before)
    assert found.styles is not before.styles
    assert list(found.styles[0].compared.factors) == compared


def test_another_precision_is_not_mixed_with_what_is_known(
    network: Vgg, vgg19_weights: Weights
) -> None:
    before = scale(Vgg(vgg19_weights, network.device, torch.bfloat16), COARSE, [PAINTING])
    found = scale(network, FINE, [PAINTING], before=before)
    assert found.styles[0].compared.directions.dtype == torch.float32
