"""What a person at GIMP's window can do about the engine's failures. Standard library only."""

from __future__ import annotations

from nst_contract import errors
from nst_contract.errors import NstError
from nst_contract.platforms import installer
from nst_gimp.engine import install_info
from nst_gimp.text.i18n import _, mark
from nst_gimp.text.messages import in_own_words

_NEED_REPAIR = (errors.INSTALLATION, errors.BAD_REQUEST)
# The engine's own advice names options of its command line; here there are widgets.
_ADVICE = {
    errors.MEMORY: mark(
        "Choose the preset Draft or a smaller Size under Advanced, or close other programs."
    ),
    errors.DEVICE: mark(
        "Choose the device cpu under Advanced: it is slower, but always available."
    ),
    errors.DISK: mark("Make room on the disk that holds {cache}, and try again."),
    errors.DIVERGED: mark(
        "Choose a smaller Style weight or, with the style loss Place by place, a smaller Share of "
        "Gram matrices under Advanced."
    ),
}


def for_gimp(error: NstError) -> NstError:
    """Returns the error in the user's language, with advice for somebody who sees the dialog."""
    told = in_own_words(error)
    if error.code in _NEED_REPAIR:
        text = install_info.repair_advice(_repair())
    elif advice := _ADVICE.get(error.code):
        text = _(advice).format(cache=install_info.cache_folder())
    else:
        return told
    return NstError(told.code, told.message, text)


def _repair() -> str:
    try:
        return install_info.read().repair
    except NstError:
        return installer.CALL
