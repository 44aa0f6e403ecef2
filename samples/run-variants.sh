#!/usr/bin/env bash
# Runs `sekisho verify` on every variant of the samples and compares the exit code with expected.toml.
# Usage: samples/run-variants.sh [PATH-OF-SEKISHO [SAMPLE...]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
sekisho=$(realpath "${1:-target/release/sekisho}")
shift || true
[ $# -gt 0 ] || set -- town branch city
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# The first value of a key of expected.toml, without quotes.
value() { sed -n "s/^$1 *= *\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\} *\$/\\1/p" "$2" | head -n 1; }

for sample in "$@"; do
    for variant in "$here/$sample"/variants/*/; do
        name=$sample/$(basename "$variant")
        rm -rf "${scratch:?}/run"
        cp -r "$here/$sample/base" "$scratch/run"
        find "$variant" \( -name '*.cfg' -o -name '*.conf' \) -exec cp {} "$scratch/run/" \;
        # The policy of the variant, else of the sample; the town's is the one at the top.
        policy=$here/../zones.toml
        [ -f "$here/$sample/zones.toml" ] && policy=$here/$sample/zones.toml
        [ -f "$variant/zones.toml" ] && policy=$variant/zones.toml
        case $(value verdict "$variant/expected.toml") in
            proven) want=0 ;;
            violated) want=1 ;;
            undecided) want=3 ;;
            *) want=? ;;
        esac
        day=$(value as_of "$variant/expected.toml")
        got=0
        "$sekisho" verify "$scratch/run" --policy "$policy" --as-of "${day:-2026-11-24}" >"$scratch/out" 2>"$scratch/err" || got=$?
        if [ "$got" = "$want" ]; then
            printf '%-48s exit %s as expected\n' "$name" "$got"
        else
            printf '%-48s exit %s, expected %s\n' "$name" "$got" "$want"
            failed=1
        fi
    done
done
exit $failed
