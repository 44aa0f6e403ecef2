#!/usr/bin/env bash
# Runs `sekisho verify` on every variant of the sample and compares the exit code with expected.toml.
# Usage: samples/branch/run-variants.sh [PATH-OF-SEKISHO]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sekisho=$(realpath "${1:-target/release/sekisho}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
for variant in "$here"/variants/*/; do
    name=$(basename "$variant")
    rm -rf "${scratch:?}/run"
    mkdir "$scratch/run"
    cp "$here"/base/*.cfg "$scratch/run/"
    find "$variant" -name '*.cfg' -exec cp {} "$scratch/run/" \;
    policy=$here/../../zones.toml
    [ -f "$variant/zones.toml" ] && policy=$variant/zones.toml
    case $(sed -n 's/^verdict *= *"\(.*\)".*/\1/p' "$variant/expected.toml" | head -n 1) in
        proven) want=0 ;;
        violated) want=1 ;;
        undecided) want=3 ;;
        *) want=? ;;
    esac
    got=0
    "$sekisho" verify "$scratch/run" --policy "$policy" --as-of 2026-11-24 >"$scratch/out" 2>"$scratch/err" || got=$?
    if [ "$got" = "$want" ]; then
        printf '%-32s exit %s as expected\n' "$name" "$got"
    else
        printf '%-32s exit %s, expected %s\n' "$name" "$got" "$want"
        failed=1
    fi
done
exit $failed
