"""What the one setting ``strength`` means for each part of nearest-neighbour style."""

from __future__ import annotations

from dataclasses import dataclass

from nst_contract.settings import FULLY_PAINTED, SUBJECT, Settings

# How much the photograph counts beside the picture so far when places are chosen (alpha of Kolkin
# et al. 2022), where it is just fully painted and at the greatest strength.
_PHOTOGRAPH, _LEAST_PHOTOGRAPH = 0.95, 0.3
# At the greatest strength: the Gram share, times that of the settings, and which part of the way
# from the settings' balance to 1 is gone.
_MOST_GRAM, _MOST_BALANCE = 8.0, 0.8
# How much less what stands out is painted: a face keeps its features, a suit its folds.
_KEPT = 0.3


@dataclass(frozen=True)
class Strength:
    """How strongly the painting rules over the photograph.

    Attributes:
        painting: how much each place is to look like the painting, and not like the photograph,
            0..1.
        photograph: how much the photograph counts, beside the picture so far, when places are
            chosen, 0..1.
        balance: how much of the painting must be used, 0..1.
        gram_share: weight of the Gram loss.
        kept: how much less than the rest of the photograph the rarest of its places are painted,
            0..1.
    """

    painting: float
    photograph: float
    balance: float
    gram_share: float
    kept: float


def strength_of(settings: Settings) -> Strength:
    """Returns what the settings ask for.

    Up to FULLY_PAINTED the places turn from the photograph's into the painting's; from there on
    the painter looks at the subject less and less.
    """
    painting = min(1.0, settings.strength / FULLY_PAINTED)
    beyond = max(0.0, (settings.strength - FULLY_PAINTED) / (1 - FULLY_PAINTED))
    return Strength(
        painting,
        _PHOTOGRAPH + beyond * (_LEAST_PHOTOGRAPH - _PHOTOGRAPH),
        settings.balance + beyond * _MOST_BALANCE * (1 - settings.balance),
        settings.gram_share * _MOST_GRAM**beyond,
        _KEPT * (1 - beyond) if settings.protect == SUBJECT else 0.0,
    )
