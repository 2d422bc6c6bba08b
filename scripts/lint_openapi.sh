#!/bin/sh
# Lints the committed contract with Redocly; needs Node. Nothing is installed here, and nothing is reported anywhere.
set -eu
cd "$(dirname "$0")/.."
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
exec ${REDOCLY:-npx --yes @redocly/cli@2.77.0} lint openapi/openapi.json --config openapi/redocly.yaml --max-problems 200
