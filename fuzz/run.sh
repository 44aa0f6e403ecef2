#!/usr/bin/env bash
# Fuzzes one reader of foreign bytes, or all, for some seconds each; exits by what crashed.
# Usage: fuzz/run.sh [SECONDS [TARGET...]]
# New inputs that reach new code go to a scratch directory, FUZZ_FOUND if it is set (then they are kept); what crashes
# is left in fuzz/artifacts. The words of the samples are the dictionary.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
[ $# -gt 0 ] || set -- ios fortios routes zones certificate verify
host=$(rustc -vV | sed -n 's/^host: //p')
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
RUSTFLAGS=$flags cargo build --release --target "$host"
mkdir -p artifacts
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Words of letters only: they are what the grammars ask for.
cat corpus/*/* ../samples/*/base/* ../zones.toml |
    tr -cs 'A-Za-z_-' '\n' | awk 'length > 2 && !seen[$0]++ { print "\"" $0 "\"" }' > "$scratch/words"
bad=0
for target in "$@"; do
    echo "== $target"
    found=${FUZZ_FOUND:-$scratch/found}/$target
    mkdir -p "corpus/$target" "$found"
    "${CARGO_TARGET_DIR:-target}/$host/release/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 \
        -dict="$scratch/words" -artifact_prefix="artifacts/$target-" -print_final_stats=1 \
        "$found" "corpus/$target" > "$scratch/log" 2>&1 || { bad=1; grep -E 'panicked|ERROR|Test unit' "$scratch/log" || true; }
    grep -E '^stat::(number|average|peak)|Done|cov:' "$scratch/log" | tail -n 5 || true
    echo "inputs found: $(find "$found" -type f | wc -l)"
done
exit "$bad"
