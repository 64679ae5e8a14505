#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_completion.sh FILE: what the completion offers, in a shell without its package.
set -u
source "$1"
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
printf '[storage.vectordb]\n[storage.vectordb:staging]\n[storage.vectordb:old]\n' >ov.ini
touch records.jsonl 'two words.jsonl'

# offers WORD... -- EXPECTED...: the last WORD is being typed.
offers() {
    local typed=() have want
    while [ "$1" != -- ]; do typed+=("$1"); shift; done
    shift
    COMP_WORDS=("${typed[@]}") COMP_CWORD=$((${#typed[@]} - 1)) COMPREPLY=()
    _ovctl
    have=$(printf '%s\n' "${COMPREPLY[@]}" | sort)
    want=$(printf '%s\n' "$@" | sort)
    if [ "$have" = "$want" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s: offers %s\n' "${typed[*]}" "${have//$'\n'/ }"
    fi
}

offers ovctl pl -- plugins
offers ovctl s -- search scan
offers ovctl -c ov.ini --json d -- doctor delete
offers ovctl plugins s -- show
offers ovctl plugins --e -- --explain
offers ovctl --j -- --json
offers ovctl init --distance '' -- cosine ip l2
offers ovctl init --d -- --dim --distance --dry-run
offers ovctl search --ve -- --vector --vector-of --vector-file --version
offers ovctl count --g -- --group-by
offers ovctl scan --des -- --desc
offers ovctl explain s -- search scan
offers ovctl --profile '' -- staging old
offers ovctl -c ov.ini --profile s -- staging
offers ovctl import r -- records.jsonl
offers ovctl import two -- 'two words.jsonl'
offers ovctl search --limit '' --
offers ovctl -c ov -- ov.ini
printf '# test_completion: %d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
