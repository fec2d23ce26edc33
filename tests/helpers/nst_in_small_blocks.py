"""``nst`` that paints even small pictures block by block, so that tests are quick."""

import sys

from nst_core.__main__ import main
from nst_core.blocks import sizes
from nst_core.run import fit_blocks
from nst_core.scales import compared_layers

fit_blocks.FROM_PIXELS = 300 * 200
sizes.SIDES = (128,)
# Fine scales compare as many layers as large ones do.
compared_layers._FINE = 300
# However few blocks there are, processes share them.
sizes._LENT = 0.0
sys.exit(main())
