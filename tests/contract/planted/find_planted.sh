#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each fault planted in the memory provider is found within so many random cases, and
# without one nothing is found.
#
#     find_planted.sh DIFFERENTIAL INI PLUGIN_DIR FAULTS
set -u
differential=$1 ini=$2 plugins=$3 faults=$4
cases=2000 failed=0 passed=0

hunt() {
    OV_PLANT=$1 "$differential" --ini "$ini" --plugin-path "$plugins" \
        --number "$cases" --first
}

if hunt 0 >/dev/null; then
    echo "ok 0 nothing planted, nothing found in $cases cases"
    passed=1
else
    echo "FAILED 0 a disagreement with nothing planted"
    failed=1
fi
n=1
while [ "$n" -le "$faults" ]; do
    found=$(hunt "$n" | grep '^DISAGREEMENT')
    if [ -n "$found" ]; then
        echo "ok $n $found" | cut -c1-150
        passed=$((passed + 1))
    else
        echo "FAILED $n not found in $cases cases"
        failed=$((failed + 1))
    fi
    n=$((n + 1))
done
echo "# planted: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
