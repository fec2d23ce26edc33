"""Makes the page that the dialog's Help opens, from the user guide, and the one that it links to.

python docs/make_help.py
"""

from __future__ import annotations

from pathlib import Path

import markdown

DOCS = Path(__file__).resolve().parent
FOLDER = DOCS.parent / "gimp_plugin" / "help"
# Which text becomes which page.
NAMES = {"user-guide.md": "index.html", "saved-files.md": "saved-files.html"}

_FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Neural Style for GIMP</title>
<style>
body {{ max-width: 46em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; }}
img {{ max-width: 100%; }}
pre {{ background: #eee; padding: 1em; overflow: auto; }}
td, th {{ text-align: left; padding: 0.2em 1em 0.2em 0; vertical-align: top; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(text: str) -> str:
    """Returns one of the texts as a page of its own."""
    source = (DOCS / text).read_text(encoding="utf-8")
    body = markdown.markdown(source, extensions=["tables", "toc"])
    for linked, name in NAMES.items():
        body = body.replace(f'href="{linked}', f'href="{name}')
    # The installer puts the pictures right beside the page.
    return _FRAME.format(body=body.replace("images/guide/", "images/"))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for text, name in NAMES.items():
        (FOLDER / name).write_text(page(text), encoding="utf-8")
