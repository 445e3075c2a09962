#!/usr/bin/env bash
# Install meshctl and what a lock file names into a virtual environment: exact versions, each file by its hash.
#   tools/install.sh VENV LOCK
# A file whose hash differs ends the installation. Where the locked versions cannot be had at all (another index, another platform),
# what pyproject.toml's ranges allow is installed instead, and said so; LOCKED=no asks for that from the start.
set -euo pipefail
python=$1/bin/python lock=$2
extra=$([ "$(basename "$lock")" = dev.txt ] && echo "[dev]" || true)
pip() { "$python" -m pip --quiet --disable-pip-version-check "$@"; }

by_ranges() { pip install -e ".$extra"; }

if [ "${LOCKED:-yes}" = no ]; then
  by_ranges
  exit
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if pip install --require-hashes -r "$lock" 2>"$log"; then
  pip install --no-deps --no-build-isolation -e .
elif grep -q "DO NOT MATCH THE HASHES" "$log"; then
  cat "$log" >&2
  exit 1
else
  echo "the versions of $lock cannot be had here ($(grep -m1 -i error "$log" || echo 'pip failed')); installing what pyproject.toml allows" >&2
  by_ranges
fi
