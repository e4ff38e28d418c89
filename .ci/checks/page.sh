#!/usr/bin/env bash
# The page that the server is compiled with (crates/lmd-server/assets/page.tar.gz) is what web/ builds: it is built again and
# compared, and so is the weight of its scripts. Skipped, loudly, where there is no npm or no network to fill it from.
set -euo pipefail
cd "$(dirname "$0")/../../web"
if ! command -v npm >/dev/null || ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo "SKIPPED: there is no npm with node 20.19 or later, so the built page was not compared with web/"
  exit 0
fi
if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --no-audit --no-fund --loglevel=error || { echo "SKIPPED: npm could not install what web/ needs, so the built page was not compared"; exit 0; }
  cp package-lock.json node_modules/.installed
fi
npm run --silent build -- --logLevel warn
node pack.mjs --check
