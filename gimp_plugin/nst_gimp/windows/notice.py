"""Tells a user who has turned to something else that a painting is finished."""

from __future__ import annotations

import logging

from gi.repository import Gimp, Gio, GLib

from nst_gimp.text.i18n import _

_log = logging.getLogger(__name__)

# Who waits less than this has hardly turned to anything else.
LONG_SECONDS = 60
# The notifications of desktops: their name, path and interface on the session's bus.
_NAME, _PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
_ARGUMENTS = "(susssasa{sv}i)"
_TIMEOUT_MILLISECONDS = 1000


def tell(text: str) -> None:
    """Shows a notification of the desktop, or a message of GIMP where there are none."""
    # The title, unlike what stands below it, is never taken for markup: layers have any names.
    values: tuple[object, ...] = ("GIMP", 0, "gimp", text, _("Neural Style"), [], {}, -1)
    try:
        Gio.bus_get_sync(Gio.BusType.SESSION, None).call_sync(
            _NAME,
            _PATH,
            _NAME,
            "Notify",
            GLib.Variant(_ARGUMENTS, values),
            None,
            Gio.DBusCallFlags.NONE,
            _TIMEOUT_MILLISECONDS,
            None,
        )
    except GLib.Error as error:
        _log.info("no notification of the desktop: %s", error.message)
        Gimp.message(text)
