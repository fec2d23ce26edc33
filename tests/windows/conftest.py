"""Collects these tests on Windows, or what passes for it, and nowhere else."""

from __future__ import annotations

import sys

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]
