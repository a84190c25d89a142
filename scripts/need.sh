#!/bin/sh
# need.sh PROGRAM…: names each program that is missing, with the command that
# installs it; installs it at once where we are root and apt is there.
set -eu

package() {
    case "$1" in
    python3) echo "python3 python3-venv" ;;
    gcc) echo "gcc libc6-dev" ;;
    tesseract) echo "tesseract-ocr tesseract-ocr-fra tesseract-ocr-ita tesseract-ocr-rus tesseract-ocr-spa tesseract-ocr-deu tesseract-ocr-por tesseract-ocr-ara" ;;
    *) echo "$1" ;;
    esac
}

# Ubuntu's chromium package only points to a snap, which cannot run everywhere;
# any Chromium or Chrome will do.
have() {
    case "$1" in
    chromium)
        for name in chromium chromium-browser google-chrome; do
            command -v "$name" >/dev/null 2>&1 && return 0
        done
        return 1
        ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# need_go: distributions carry a Go that is too old. From 1.21 on, Go fetches by
# itself the version that go.mod asks for.
need_go() {
    wanted=$(sed -n 's/^go //p' "$(dirname "$0")/../go.mod")
    if ! command -v go >/dev/null 2>&1; then
        for place in /usr/local/go/bin "${HOME:-}/go/bin" "${HOME:-}/sdk/go/bin" /usr/lib/go/bin; do
            [ -x "$place/go" ] || continue
            echo "need: Go is in $place, which is not in PATH; run: export PATH=\$PATH:$place" >&2
            return 1
        done
        echo "need: Go is missing; install Go $wanted from https://go.dev/dl and put its bin folder into PATH (the distribution's package may be too old)" >&2
        return 1
    fi
    have_go=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true)
    case "$have_go" in
    "" | go1 | go1.[0-9] | go1.[0-9].* | go1.1[0-9] | go1.1[0-9].* | go1.20 | go1.20.*)
        echo "need: ${have_go:-this Go} is too old; install Go $wanted from https://go.dev/dl" >&2
        return 1
        ;;
    esac
}

status=0
for program in "$@"; do
    if [ "$program" = go ]; then
        need_go || status=1
        continue
    fi
    have "$program" && continue
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "need: $program is missing; install it with your system's package manager" >&2
        status=1
        continue
    fi
    command="apt-get install -y --no-install-recommends $(package "$program")"
    if [ "$(id -u)" != 0 ]; then
        echo "need: $program is missing; run: sudo $command" >&2
        status=1
        continue
    fi
    echo "need: $program is missing; running: $command" >&2
    export DEBIAN_FRONTEND=noninteractive
    if ! $command >/dev/null 2>&1; then
        apt-get update -qq >/dev/null && $command >/dev/null || status=1
    fi
    have "$program" || { echo "need: $program is still missing after: $command" >&2; status=1; }
done
exit $status
