"""Which setting stands where in the dialog. Standard library only."""

from __future__ import annotations

from nst_gimp.text.i18n import _

# Those that say how a painting is to look, from the top; with the preset, they are all that is not
# hidden under Advanced.
LOOK = ("strength", "style_weight", "style_scale", "color")

# The groups of Advanced, with their settings in the order of reading: "start" and "protect" bring
# along the pictures that belong to them.
GROUPS: dict[str, tuple[str, ...]] = {
    _("Quality"): (
        "size",
        "evaluations",
        "balance",
        "orientations",
        "protect",
        "seed",
        "device",
        "memory",
    ),
    _("Colour"): ("color_strength", "unbounded", "start"),
    _("Expert"): (
        "style_loss",
        "gram_share",
        "content_weight",
        "content_layers",
        "coarsest",
        "style_layers",
        "tv_weight",
        "pooling",
        "optimizer",
        "fourier_exponent",
        "backbone",
        "weights",
        "precision",
        "threads",
    ),
}
