#!/usr/bin/env bash
# Runs once, when Gradescope builds the autograder: Python 3.11 or later, and the grader in a place of its own.
set -euo pipefail

source=/autograder/source
apt-get update
apt-get install --yes --no-install-recommends python3 python3-venv
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "The grader needs Python 3.11 or later: choose a newer base image." >&2
    exit 1
fi
python3 -m venv /opt/grader

# A wheel beside this file is what is graded with, however old the course gets.
shopt -s nullglob
wheels=("$source"/*.whl)
if [ "${#wheels[@]}" -ne 1 ]; then
    echo "Put the grader's wheel, and only one, into the ZIP file beside setup.sh." >&2
    exit 1
fi
/opt/grader/bin/pip install --no-cache-dir "${wheels[0]}"
