#!/usr/bin/env bash
# Installs, upgrades, checks, tests or removes Neural Style for GIMP: ./install.sh --help
#
# This script only finds a Python; the package nst_install does the work, and needs nothing to be
# installed first.
set -eu

checkout=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

# torch, which the engine is built on, exists only for these versions of Python.
suits='import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))'
has_venv='import ensurepip, venv'
# Behind Python's own library, so that no file of the checkout is taken for a part of it, and before
# whatever else is installed.
start='
import runpy, site, sys
others = [place for place in sys.path if place in site.getsitepackages()]
sys.path.insert(sys.path.index(others[0]) if others else len(sys.path), sys.argv.pop(1))
runpy.run_module("nst_install", run_name="__main__", alter_sys=True)
'

found=
for python in ${NST_PYTHON:+"$NST_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 \
  python3.10; do
  if "$python" -I -c "$suits" >/dev/null 2>&1; then
    if "$python" -I -c "$has_venv" >/dev/null 2>&1; then
      # -I: no code from the current folder, PYTHONPATH or the user's own packages. -B: no compiled
      # files in the checkout. UTF-8: paths and messages in any locale.
      exec "$python" -I -B -X utf8 -c "$start" "$checkout" "$@"
    fi
    found=${found:-$python}
    if [ "$python" = "${NST_PYTHON:-}" ]; then
      break
    fi
  elif [ "$python" = "${NST_PYTHON:-}" ]; then
    echo "Error: NST_PYTHON is $python, which is not a Python from 3.10 to 3.14." >&2
    echo "Set it to one, or unset it to let this script find one." >&2
    exit 1
  fi
done

if [ -n "$found" ]; then
  echo "Error: $found lacks the module venv (or ensurepip), which the installation needs." >&2
  echo "Debian, Ubuntu: sudo apt install python3-venv" >&2
else
  echo "Error: no Python from 3.10 to 3.14 was found on PATH." >&2
  echo "Install one (Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install" >&2
  echo "python), or choose one you have: NST_PYTHON=/path/to/python3 $0" >&2
fi
exit 1
