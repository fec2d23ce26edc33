"""What to do about an installation whose parts do not fit together, said in one place."""

from __future__ import annotations

from nst_contract.messages import Message
from nst_contract.platforms import installer

SAME_VERSION = Message(
    "Run {installer} again, so that plug-in and engine have the same version.",
    installer=installer.SCRIPT,
)
