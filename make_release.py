"""Makes what people download: ``python make_release.py`` fills dist/.

The wheel and its sources (``python -m build``, the package build), a zip with everything that
``install.sh`` and ``install.cmd`` need, the guide included, and the checksums of all of them. The
zip holds what is committed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from nst_contract import __version__

ROOT = Path(__file__).resolve().parent
DIST = ROOT / "dist"
NAME = f"gimp-neural-style-{__version__}"
# What only developers need would be four fifths of the zip.
LEFT_OUT = (":!tests", ":!benchmarks", ":!.ci", ":!translations")


def main() -> None:
    """Makes all files anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(DIST)], cwd=ROOT, check=True)  # noqa: S603
    archive = DIST / f"{NAME}.zip"
    git = shutil.which("git") or "git"
    command = [
        git,
        "archive",
        f"--prefix={NAME}/",
        "-o",
        str(archive),
        "HEAD",
        "--",
        ".",
        *LEFT_OUT,
    ]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
    files = sorted(path for path in DIST.iterdir() if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (DIST / "SHA256SUMS").write_text("".join(sums), encoding="utf-8", newline="\n")
    sys.stdout.write("".join(sums))


if __name__ == "__main__":
    main()
