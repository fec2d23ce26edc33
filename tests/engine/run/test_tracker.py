"""nst_core.run.tracker: what is told of each evaluation."""

from __future__ import annotations

from nst_contract.protocol.events import Caution, Progress, Ready
from nst_contract.settings import Settings
from nst_core.networks.vgg import Vgg
from nst_core.pictures.inputs import Inputs, Style
from nst_core.run.pipeline import run_stylization
from tests.helpers.photographs import COFFEE, TISSUE, photograph


def test_progress_names_the_scale_of_the_plan_even_where_two_have_the_same_size(
    network: Vgg,
) -> None:
    """Of a long and narrow picture, the short side keeps the coarser scale from being smaller."""
    plan: list[tuple[int, int]] = []
    scales: list[tuple[int, int]] = []

    def listen(event: Ready | Progress | Caution) -> None:
        if isinstance(event, Ready):
            plan.extend((scale["width"], scale["evaluations"]) for scale in event.plan)
        elif isinstance(event, Progress):
            scales.append((event.scale_index, event.scale))

    settings = Settings(size=64, coarsest=32, evaluations=4, device="cpu", precision="float32")
    content, style = photograph(COFFEE, 160, 16), photograph(TISSUE, 32, 32)
    run_stylization(Inputs(content, [Style(style)]), settings, listen, networks=[network])
    assert plan == [(160, 4), (160, 4)]
    assert scales == [(0, 160)] * 4 + [(1, 160)] * 4
