"""``python -m nst_core`` is ``nst``."""

import sys

from nst_core.cli import main

sys.exit(main())
