#!/usr/bin/env bash
# Fuzzes one reader of foreign bytes, or all, for some seconds each.
# Usage: fuzz/run.sh [SECONDS [TARGET...]]
# New inputs that reach new code go to a scratch directory; what crashes is left in fuzz/artifacts.
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
for target in "$@"; do
    echo "== $target"
    found=$(mktemp -d)
    mkdir -p "corpus/$target"
    "${CARGO_TARGET_DIR:-target}/$host/release/$target" -max_total_time="$seconds" -timeout=20 \
        -artifact_prefix="artifacts/$target-" -print_final_stats=1 "$found" "corpus/$target" 2>&1 | tail -n 12
    echo "inputs found: $(find "$found" -type f | wc -l)"
    rm -rf "$found"
done
