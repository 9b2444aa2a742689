#!/bin/sh
# Find the newest Python that can run llamactl, and let it set up .venv.
# A candidate is run, not only found: a version manager leaves names behind that do nothing.
set -eu
cd "$(dirname "$0")/.."
PYTHONDONTWRITEBYTECODE=
export PYTHONDONTWRITEBYTECODE

without_venv=
for python in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    if "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        exec "$python" scripts/set_up.py "$@"
    fi
    without_venv="$python"
done

if [ -n "$without_venv" ]; then
    echo "error: $without_venv cannot make virtual environments" >&2
    echo " hint: on Debian and Ubuntu: sudo apt install python3-venv" >&2
else
    echo "error: no Python 3.11 or newer among: ${PYTHON:-python3.14 ... python3.11 python3 python}" >&2
    echo " hint: install it (macOS: brew install python; Debian, Ubuntu: sudo apt install" >&2
    echo "       python3 python3-venv; else https://www.python.org/downloads), or name one:" >&2
    echo "       make PYTHON=/path/to/python3 try" >&2
fi
exit 1
