"""A GIMP profile and an environment that know nothing of the user's own.

Used on both sides: by pytest's Python outside and by the GUI scripts inside.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import coverage_hook

#: GIMP's own plug-ins that a test cannot do without; loading all of them costs 5 s a profile.
LEAN = ("python-eval", "file-png", "file-jpeg")

#: One folder per distribution's habit, as seen from the root that GIMP runs in.
_LIBRARY_FOLDERS = ("usr/lib/*-linux-*", "usr/lib64", "usr/lib", "usr/local/lib")

#: What could lead GIMP, its plug-ins or the engine to the caller's files or window.
_SCRUBBED = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "AT_SPI_BUS_ADDRESS",
    "XAUTHORITY",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_DIRS",
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "GI_TYPELIB_PATH",
)


def system_plug_ins(root: Path = Path("/")) -> str:
    """Return the folder of GIMP's own plug-ins as GIMP sees it, given the root GIMP runs in."""
    for folder in _LIBRARY_FOLDERS:
        for found in sorted(root.glob(f"{folder}/gimp/3.0/plug-ins")):
            return "/" + str(found.relative_to(root))
    raise FileNotFoundError(f"no plug-ins of GIMP 3 under {root}")


def write_profile(
    profile: Path,
    plug_in_path: Iterable[str | os.PathLike[str]] = (),
    *,
    lean: bool = True,
    system: str = "",
    settings: Mapping[str, str] | None = None,
) -> None:
    """Make PROFILE a GIMP profile that shows no windows of its own at the start.

    plug_in_path: folders that hold plug-ins as NAME/NAME.py.
    lean: of GIMP's own plug-ins only `LEAN` (a fresh profile then starts in 2 s instead of 7).
    system: the folder of GIMP's own plug-ins, see `system_plug_ins`.
    settings: last-used values per procedure, as the text GIMP itself keeps.
    """
    folders = [os.fspath(folder) for folder in plug_in_path]
    if lean:
        own = profile / "lean-plug-ins"
        own.mkdir(parents=True, exist_ok=True)
        for name in LEAN:
            if not (own / name).is_symlink():
                (own / name).symlink_to(f"{system}/{name}")
        folders.append(str(own))
    else:
        folders += ["${gimp_dir}/plug-ins", "${gimp_plug_in_dir}/plug-ins"]
    values = profile / "plug-in-settings"
    values.mkdir(parents=True, exist_ok=True)
    for procedure, text in (settings or {}).items():
        (values / f"GimpProcedureConfigRun-{procedure}.last").write_text(text, encoding="utf-8")
    coverage_hook.write_environment(profile)
    # a config-version from the future: GIMP neither greets nor migrates anything
    (profile / "gimprc").write_text(
        f'(plug-in-path "{":".join(folders)}")\n'
        '(config-version "99.0.0")\n'
        "(show-welcome-dialog no)\n(check-updates no)\n(save-session-info no)\n",
        encoding="utf-8",
    )


def environment(
    profile: Path, extra: Mapping[str, str] | None = None, *, keep_display: bool = False
) -> dict[str, str]:
    """Return an environment whose home, caches and temporary files lie in PROFILE.

    extra: variables that win over everything else (HOME, too).
    keep_display: stay on the caller's screen and session bus.
    """
    home = profile / "home"
    for folder in (home / "run", profile / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "run").chmod(0o700)
    kept = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS") if keep_display else ()
    env = {key: value for key, value in os.environ.items() if key not in _SCRUBBED or key in kept}
    env |= {
        "GIMP3_DIRECTORY": str(profile),
        "GIMP_KEEP_ENV": "1",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "TMPDIR": str(profile / "tmp"),
        "LC_ALL": "C.UTF-8",
        "NO_AT_BRIDGE": "1",
    }
    return env | dict(extra or {})
