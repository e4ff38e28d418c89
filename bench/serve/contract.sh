#!/usr/bin/env bash
# The OpenAPI document against the server, by requests that schemathesis makes from it: no 5xx, no status and no body that
# the document does not have. Needs `schemathesis` (PyPI). The examples per operation are the first argument (50).
set -euo pipefail
cd "$(dirname "$0")/../.."
data=$(mktemp -d)
# Generated requests that are accepted shall not keep the machine busy: small pictures alone.
${LMD_TEST_BINARY:-target/release/lmd} serve --port 7979 --data-dir "$data" --planner offline --preset fast --max-steps 2 --max-n 1 >"$data/url" 2>"$data/log" &
server=$!
trap 'kill $server; wait $server || true' EXIT
for _ in $(seq 100); do curl -fs http://127.0.0.1:7979/ready >"$data/ready" && break; sleep 0.1; done
# The tool keeps notes in its working directory.
cd "$data"
# Endpoints that wait for pictures and streams that wait for jobs are left out of the generated ones; the tests have them.
"${SCHEMATHESIS:-schemathesis}" run http://127.0.0.1:7979/openapi.json --workers 2 --max-examples "${1:-50}" --request-timeout 30 \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
  --exclude-path-regex '/events$|settings/llm/test' --no-color
