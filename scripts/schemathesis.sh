#!/bin/sh
# schemathesis.sh URL TOKEN: asks a running service what its OpenAPI file says, and
# what it does not say, and fails on any answer of 500 or more and on any that the
# file does not describe. TOKEN has all scopes (frontdesk token add). The tool lives
# in a virtual environment of its own, pinned by version.
set -eu

if [ $# -lt 2 ]; then
    echo "usage: schemathesis.sh URL TOKEN [more options of schemathesis run]" >&2
    exit 2
fi
url=$1
token=$2
shift 2
here=$(cd "$(dirname "$0")/.." && pwd)
environment="$here/.cache/schemathesis"
if [ ! -x "$environment/bin/schemathesis" ]; then
    python3 -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "schemathesis==4.32.5"
fi
exec "$environment/bin/schemathesis" run "$url/api/v1/openapi.json" --url "$url" \
    --header "Authorization: Bearer $token" --max-examples "${EXAMPLES:-100}" --seed 1 \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,ignored_auth \
    --exclude-path /api/v1/ask "$@"
