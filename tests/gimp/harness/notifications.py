"""The notifications of a desktop: writes the title of each into a file, a line for each.

A program; its argument is the file. It runs until it is ended.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-not-found, import-untyped, unused-ignore]

gi.require_version("Gio", "2.0")
from gi.repository import (  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: E402
    Gio,
    GLib,
)

_INTERFACE = """
<node><interface name="org.freedesktop.Notifications"><method name="Notify">
  <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
  <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
  <arg type="u" direction="out"/>
</method></interface></node>
"""


def main() -> None:
    told = Path(sys.argv[1])
    described = Gio.DBusNodeInfo.new_for_xml(_INTERFACE).interfaces[0]

    def on_call(*arguments: Any) -> None:
        values, invocation = arguments[5:7]
        with told.open("a", encoding="utf-8") as file:
            file.write(values.unpack()[3] + "\n")
        invocation.return_value(GLib.Variant("(u)", (1,)))

    def on_bus(connection: Any, _name: str) -> None:
        connection.register_object("/org/freedesktop/Notifications", described, on_call, None, None)

    Gio.bus_own_name(
        Gio.BusType.SESSION,
        "org.freedesktop.Notifications",
        Gio.BusNameOwnerFlags.NONE,
        on_bus,
        lambda *_: told.touch(),
        None,
    )
    GLib.MainLoop().run()


main()
