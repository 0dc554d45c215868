#!/usr/bin/env bash
# Writes the lock files anew from the *.in files. Give --upgrade to take newer versions than those locked now.
# Needs the tools that ./run installed. Lock files carry hashes and no address, so any mirror may serve them.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  .tools/python/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate "$@"
}
compile "$@" requirements.in --output-file requirements.lock
compile "$@" requirements-dev.in --constraint requirements.lock --output-file requirements-dev.lock
compile "$@" scripts/bootstrap/uv.in --output-file scripts/bootstrap/uv.lock
compile "$@" scripts/bootstrap/node.in --output-file scripts/bootstrap/node.lock
