# Finds a Python (3.11 or newer), installing Debian's when root may, and hands over to scripts/bootstrap.
# Sourced by ./run and ./test with $root set; the arguments are passed on.
set -euo pipefail

is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local candidate
  if [[ -x "$root/.venv/bin/python" ]]; then # we made it, so it is new enough
    echo "$root/.venv/bin/python"
    return
  fi
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null && is_new_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

python="$(find_python)"
if [[ -z "$python" ]]; then
  if [[ "$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then
    echo "No Python 3.11 or newer here: installing python3 and python3-venv with apt-get …"
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3 python3-venv >/dev/null
    python="$(find_python)"
  fi
  if [[ -z "$python" ]]; then
    echo "haoyou needs Python 3.11 or newer. Install it, then start again:" >&2
    echo "  sudo apt-get update && sudo apt-get install -y python3 python3-venv" >&2
    exit 1
  fi
fi
# -P: a directory `scripts` where the caller stands must not take the place of ours.
PYTHONPATH="$root" exec "$python" -P -m scripts.bootstrap "$@"
