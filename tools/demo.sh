#!/usr/bin/env bash
# The story of the README on the bundled dumps: pod test-pod calls Service nginx in namespace test.
# Prints each command and runs it; stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
meshctl=${MESHCTL:-.venv/bin/meshctl}
story=examples/story

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
else
  say() { printf '\n%s\n' "$*"; }
fi
show() {
  printf '$ meshctl'
  local word
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=-]*) printf ' "%s"' "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$meshctl" "$@"
}

say "1. Where does everything that the application sends go first? To the listener on 15001."
show -n test proxy-config listener test-pod --port 15001 -f "$story"
say "2. Which listener takes over for the Service's address?"
show -n test proxy-config listener test-pod --port 80 --address 10.102.168.134 -f "$story"
say "3. Which route names the Service?"
echo "\$ meshctl -n test proxy-config route test-pod -f $story | grep nginx.test.svc.cluster.local"
"$meshctl" -n test proxy-config route test-pod -f "$story" | grep nginx.test.svc.cluster.local
say "4. The cluster that the route leads to"
show -n test proxy-config cluster test-pod --fqdn "outbound|80||nginx.test.svc.cluster.local" -oyaml -f "$story"
say "5. Its endpoint"
show -n test proxy-config endpoint test-pod --cluster "outbound|80||nginx.test.svc.cluster.local" -oyaml -f "$story"
say "6. The pod's iptables rules, in words"
show capture show -f "$story/test-pod/iptables-save.txt"
say "7. The whole way of one request, from the application's iptables chain to nginx's port 80"
show -n test trace test-pod http://nginx.test/ --dir "$story"
