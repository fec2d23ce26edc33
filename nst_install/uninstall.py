"""Removes exactly what was installed, and nothing that merely happens to be beside it."""

from __future__ import annotations

from pathlib import Path

from nst_contract.errors import BAD_SETTING, NstError
from nst_contract.platforms import files
from nst_install import gimp_folders, link, own_folders, places, plugin, prefix, replacement
from nst_install.console import say
from nst_install.install import nst_program, venv_in
from nst_install.options import Options
from nst_install.plan import InstallStep


def run(options: Options) -> int:
    """Uninstalls, or says what it would remove. Returns the exit code.

    Raises:
        NstError: (bad-setting) if the folder is not ours.
    """
    folder = options.prefix
    if not folder.exists():
        say(f"Nothing is installed in {folder}.")
        return 0
    if not prefix.is_ours(folder):
        raise NstError(
            BAD_SETTING,
            f"--prefix is {folder}, which does not contain an installation of this project.",
            "Nothing was removed. Give the folder that was chosen for the installation.",
        )
    if options.dry_run:
        for step in _steps(options):
            say(f"Would do: {step.text}")
        return 0
    with prefix.locked(folder):
        replacement.recover(folder)
        with replacement.at_rest(folder):
            known = _known_plugins(options)
            for step in _steps(options):
                say(step.text)
                step.do()
            for found in known:
                plugin.tidy(found.parent)
    _say_what_stays(options)
    return 0


def _steps(options: Options) -> list[InstallStep]:
    folder = options.prefix
    steps = [
        # The default argument binds this iteration's folder.
        InstallStep(f"Remove {found}", lambda found=found: _remove_plugin(found))  # type: ignore[misc]
        for found in _plugins(options)
    ]
    record = prefix.read_record(folder)
    linked = Path(record.link) if record and record.link else None
    if linked and link.is_ours(linked, nst_program(folder)):
        steps.append(InstallStep(f"Remove {linked}", linked.unlink))
    steps.append(InstallStep(f"Remove the engine from {folder}", lambda: _remove_contents(folder)))
    return steps


def _plugins(options: Options) -> list[Path]:
    """Returns the plug-in folders that use this engine; others may belong to another engine."""
    python = venv_in(options.prefix).python
    return [
        folder
        for folder in _known_plugins(options)
        if plugin.is_ours(folder) and places.is_same_program(_python_of(folder), python)
    ]


def _python_of(folder: Path) -> Path:
    return Path(plugin.read_engine_file(folder).get("python", ""))


def _known_plugins(options: Options) -> list[Path]:
    """Returns all folders that a plug-in may be in."""
    record = prefix.read_record(options.prefix)
    possible = [Path(folder) for folder in record.plugins] if record else []
    # An interrupted installation has no record yet.
    for gimp in gimp_folders.gimp_folders(options.home, options.env):
        possible.append(gimp_folders.plugin_folder(gimp))
    found: list[Path] = []
    for folder in sorted(possible):
        if not any(places.is_same(folder, other) for other in found):
            found.append(folder)
    return found


def _remove_plugin(folder: Path) -> None:
    plugin.remove(folder)
    plugins = folder.parent
    # A GIMP folder with nothing else in it was created for us.
    if list(plugins.parent.iterdir()) == [plugins] and not any(plugins.iterdir()):
        plugins.rmdir()
        plugins.parent.rmdir()


def _remove_contents(folder: Path) -> None:
    # The locks are ours until the end, and go with it.
    for name in prefix.CONTENTS:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            files.remove_tree(path)
        elif name not in prefix.LOCKS:
            path.unlink(missing_ok=True)


def _say_what_stays(options: Options) -> None:
    if options.prefix.exists():
        say(f"{options.prefix} stays, because it contains files that were not installed.")
    weights = own_folders.weights_folders(options.home, options.env)
    folders = [
        ("What the tests installed stays", own_folders.cache_folder(options.home, options.env)),
        ("The logs stay", own_folders.logs_folder(options.home, options.env)),
        (
            "The styles and settings you saved stay",
            own_folders.saved_folder(options.home, options.env),
        ),
        *(("The weights you downloaded stay", folder) for folder in weights),
    ]
    for what, folder in folders:
        if folder.exists():
            say(f"{what} in {folder}; the folder can be deleted.")
