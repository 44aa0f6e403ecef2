#!/bin/sh
# Counts the instructions of the packet-set workloads under callgrind and compares them with the promised limits.
# Instruction counts hardly vary between machines, so CI can hold them. Needs valgrind.
#
#   benches/instructions.sh            all workloads
#   SEKISHO_CORPUS=DIR benches/...     where stanford_backbone/ lies (default: ../shared/corpus)
#
# Exit codes: 0 within all hard limits, 1 above one or a workload failed, 2 cannot measure.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
SEKISHO_CORPUS=${SEKISHO_CORPUS:-$root/../shared/corpus}
export SEKISHO_CORPUS

if ! command -v valgrind >/dev/null 2>&1; then
    echo "instructions.sh: valgrind is not installed (apt-get install valgrind)" >&2
    exit 2
fi
cargo build --quiet --release -p sekisho-header-space --example measure || exit 2
measure=${CARGO_TARGET_DIR:-$root/target}/release/examples/measure
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

bad=0
skipped=
printf '%-8s %12s %12s %12s  %s\n' workload 'million Ir' target 'hard limit' verdict
# Name, target and hard limit in thousand instructions.
while read -r name target limit; do
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" --toggle-collect='*measured_phase*' \
        "$measure" "$name" >"$scratch/stdout" 2>"$scratch/stderr"
    code=$?
    if [ $code -eq 3 ]; then
        skipped="$skipped $name"
        printf '%-8s %12s %12s %12s  %s\n' "$name" - - - SKIPPED
        continue
    fi
    count=$(sed -n 's/.*Collected : *\([0-9][0-9]*\).*/\1/p' "$scratch/stderr")
    # A count of nothing means that the measured function was not found.
    if [ $code -ne 0 ] || [ "${count:-0}" -lt 100000 ]; then
        printf '%-8s %12s %12s %12s  %s\n' "$name" - - - 'DID NOT RUN'
        cat "$scratch/stderr" >&2
        bad=1
        continue
    fi
    verdict='ok'
    [ "$count" -gt $((target * 1000)) ] && verdict='above the target'
    if [ "$count" -gt $((limit * 1000)) ]; then
        verdict='ABOVE THE HARD LIMIT'
        bad=1
    fi
    echo "$name $count $target $limit" | awk -v verdict="$verdict" \
        '{ printf "%-8s %12.2f %12.1f %12.1f  %s\n", $1, $2 / 1e6, $3 / 1e3, $4 / 1e3, verdict }'
done <<END
acls 6500 8000
syn 40000 52000
shadow 24000 30000
synv6 42000 55000
prop 600000 750000
END

if [ -n "$skipped" ]; then
    echo
    echo "!!! NOT MEASURED:$skipped. There is no stanford_backbone/ in $SEKISHO_CORPUS." >&2
    echo "!!! Set SEKISHO_CORPUS to the corpus and run again." >&2
fi
exit $bad
