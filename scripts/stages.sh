# SPDX-License-Identifier: Apache-2.0
# stages.sh - what scripts/test runs. Sourced.

passed=0
failed=0
skipped=0
skips=()
server_dir=

# ------------------------------------------------------------------- counting

# gate NAME COMMAND...: one check that passes or fails as a whole.
gate() {
    local name=$1 log
    shift
    log=$root/build/log/$(printf '%s' "$name" | tr -c 'a-zA-Z0-9\n' '-').log
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        say "  ok      $name"
    else
        failed=$((failed + 1))
        say "  FAILED  $name"
        tail -n 25 "$log" | sed 's/^/          /'
    fi
}

# Add up the lines `# NAME: N passed, N failed, N skipped` of a log.
count_lines() {
    local p f s
    read -r p f s <<<"$(sed -nE 's/^# .*: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$1" |
        awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')"
    passed=$((passed + p))
    failed=$((failed + f))
    skipped=$((skipped + s))
    say "  $p passed, $f failed, $s skipped"
}

# suite BUILD ARG...: run meson's tests, count each suite's own tests, name the failed
# programs. A program that ended badly without saying so counts as one failure.
suite() {
    local dir=$1 log text
    shift
    log=$root/build/log/$(basename "$dir")-tests.log
    "$meson" test -C "$dir" --no-rebuild --num-processes 2 "$@" >"$log" 2>&1
    text=$dir/meson-logs/testlog.txt
    cp "$text" "$root/build/log/$(basename "$dir")-testlog.txt"
    grep -E '^ *[0-9]+/[0-9]+ .*(FAIL|TIMEOUT|ERROR|SKIP|UNEXPECTEDPASS|INTERRUPT)' "$log" | sed 's/^ */  /'
    count_lines "$text"
    while read -r line; do
        name=$(sed -E 's/^ *[0-9]+\/[0-9]+ (.*[^ ]) +(FAIL|TIMEOUT|ERROR|SKIP|INTERRUPT).*/\1/' <<<"$line")
        case $line in
        *SKIP*)
            skipped=$((skipped + 1))
            skips+=("$name")
            ;;
        *)
            failed=$((failed + 1))
            sed -n "/ $(sed 's/[/.]/\\&/g' <<<"${name##* }")\b/,/^=* *[0-9]*\/[0-9]* *=/p" "$text" |
                grep -E 'FAILED|ERROR|SUMMARY|runtime error|WARNING: Thread|failed' | head -n 15 | sed 's/^/          /'
            ;;
        esac
    done < <(grep -E '^ *[0-9]+/[0-9]+ .*(FAIL|TIMEOUT|ERROR|SKIP|INTERRUPT)' "$log")
    if ! grep -qE '^Ok: ' "$log"; then
        failed=$((failed + 1))
        say "  FAILED  meson test did not run in $dir"
        tail -n 5 "$log" | sed 's/^/          /'
    fi
}

# Without the package index, what needs it may be skipped as well.
may_skip() {
    grep -qxF "$1" "$root/tests/allowed-skips" 2>/dev/null && return 0
    [ -n "${offline:-}" ] && grep -qxE -f "$root/tests/allowed-skips-offline" <<<"$1"
}

check_skips() {
    local name
    for name in "${skips[@]}"; do
        if ! may_skip "$name"; then
            say "skipped without leave: $name"
            [ -n "${CI:-}" ] && failed=$((failed + 1))
        fi
    done
    return 0
}

run_stage() {
    local start
    start=$(date +%s)
    say "== $1"
    case $1 in
    style) stage_style ;;
    gcc) stage_build gcc gcc "" ;;
    clang) stage_build clang clang "unit contract disk" ;;
    asan) stage_sanitizer asan gcc address,undefined "overflow leak undefined" "" -Dpython=true && python_under_asan ;;
    asan-fast) stage_sanitizer asan gcc address,undefined "overflow leak undefined" "fast" ;;
    tsan) stage_sanitizer tsan gcc thread "race" "threads" ;;
    fuzz) stage_fuzz ;;
    coverage) stage_coverage ;;
    python) stage_python ;;
    out-of-tree) gate "a provider built out of tree serves in a running host" "$root/tests/out-of-tree" ;;
    docs) start_servers && gate "every command in README and docs runs" "$root/scripts/docs-run" ;;
    openviking) stage_openviking ;;
    bare) stage_bare ;;
    secrets) gate "the marker secret is in no output" no_secret ;;
    *) die "no stage '$1'" ;;
    esac
    say "   $1: $(seconds_since "$start") s"
}

# -------------------------------------------------------------------- servers

start_servers() {
    [ -n "$server_dir" ] && return 0
    server_dir=$TMPDIR/pg
    if "$root/scripts/pg" start "$server_dir" --bouncer >"$root/build/log/pg.log" 2>&1; then
        "$root/scripts/pg" ini "$server_dir" >"$TMPDIR/pg.ini"
        export OV_TEST_PG_INI=$TMPDIR/pg.ini OV_TEST_PG_DIR=$server_dir
    else
        failed=$((failed + 1))
        say "  FAILED  the test server did not start"
        tail -n 20 "$root/build/log/pg.log" | sed 's/^/          /'
    fi
}

stop_servers() {
    [ -n "$server_dir" ] && "$root/scripts/pg" stop "$server_dir" >>"$root/build/log/pg.log" 2>&1
    server_dir=
    return 0
}

finish() {
    stop_servers
    [ "$keep" = 1 ] || rm -rf "$TMPDIR"
}

# --------------------------------------------------------------------- stages

stage_style() {
    local check
    for check in layout sizes licence borders words; do
        gate "style: $check" "$root/scripts/style" "$check"
    done
}

build() {
    local dir=$1 cc=$2
    shift 2
    CC=$cc configure "$dir" -Dwerror=true "$@" && ninja -C "$dir" >"$dir.ninja.log" 2>&1 && return 0
    grep -E 'error|warning|FAILED' "$dir.ninja.log" | head -n 20
    return 1
}

# stage_build NAME CC SUITES ARG...: -Werror build, then its tests.
stage_build() {
    local name=$1 cc=$2 suites=$3 dir=$root/build/$1
    shift 3
    gate "$name builds without a warning" build "$dir" "$cc" "$@"
    start_servers
    suite "$dir" $(for s in $suites; do printf -- "--suite %s " "$s"; done)
}

# The build counts only when it reports every planted fault.
canaries() {
    local dir=$1 fault
    shift
    for fault in "$@"; do
        if "$dir/tests/canary/canary_program" "$dir/tests/canary/canary.so" "$fault" >/dev/null 2>&1; then
            say "the sanitizer missed: $fault"
            return 1
        fi
    done
    "$dir/tests/canary/canary_program" "$dir/tests/canary/canary.so" none
}

stage_sanitizer() {
    local name=$1 cc=$2 kind=$3 faults=$4 suites=$5 dir=$root/build/$1
    gate "$name builds without a warning" build "$dir" "$cc" "-Db_sanitize=$kind" -Db_lundef=false "${@:6}"
    gate "$name reports its canaries" canaries "$dir" $faults
    start_servers
    # Where address randomisation is wide, a thread sanitizer of this age dies at start.
    export TSAN_OPTIONS="halt_on_error=1:suppressions=" ASAN_OPTIONS=detect_leaks=1
    case $suites in
    threads) suite "$dir" --suite threads --suite unit --timeout-multiplier 6 ;;
    fast) suite "$dir" --suite unit --suite contract --timeout-multiplier 4 ;;
    *) suite "$dir" --timeout-multiplier 5 ;;
    esac
    unset TSAN_OPTIONS ASAN_OPTIONS
}

# The extension too; its interpreter is not instrumented, so leaks are not looked for. What
# needs numpy has its place in the stage python.
python_under_asan() {
    local log=$root/build/log/python-asan.log
    env -u OV_PLUGIN_PATH OV_TEST_SANITIZED=1 PYTHONMALLOC=malloc PYTHONDONTWRITEBYTECODE=1 \
        "LD_PRELOAD=$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
        ASAN_OPTIONS=detect_leaks=0 "PYTHONPATH=$root/build/asan/python-tree" \
        /usr/bin/python3 "$root/tests/python/suite.py" test_values test_calls test_life test_errors >"$log" 2>&1 || true
    if ! grep -q '^# python:' "$log"; then
        failed=$((failed + 1))
        say "  FAILED  the extension's tests under asan did not end"
        grep -E 'ERROR|SUMMARY|runtime error' "$log" | head -n 15 | sed 's/^/          /'
        return 0
    fi
    count_lines "$log"
    grep -E '^(FAIL|ERROR): ' "$log" | sed 's/^/  /'
    return 0
}

# Each target, built with its library instrumented: the planted fault is found within
# 20 seconds, the true target runs 20 seconds without a finding and covers its floor.
stage_fuzz() {
    local dir=$root/build/fuzz target
    gate "fuzz targets build" build "$dir" clang -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
    for target in "$dir"/tests/*/fuzz_*; do
        [ -f "$target" ] && [ -x "$target" ] && printf '%s\n' "$target"
    done >"$TMPDIR/targets"
    # Two at a time; each leaves its log and, when it ended well, a mark.
    SECONDS_EACH=${FUZZ_SECONDS:-20} LOGS=$root/build/log xargs -P 2 -I '{}' sh -c '
        name=$(basename "$1")
        case $name in *_canary) set -- "$1" canary ;; *) set -- "$1" run ;; esac
        "$0" "$2" "$1" "$SECONDS_EACH" >"$LOGS/fuzz-$name.log" 2>&1 && : >"$LOGS/fuzz-$name.ok"
        true' "$root/scripts/fuzz" '{}' <"$TMPDIR/targets"
    while read -r target; do
        name=${target##*/}
        case $name in
        *_canary) gate "$name finds its planted fault" test -f "$root/build/log/fuzz-$name.ok" ;;
        *) gate "$name runs ${FUZZ_SECONDS:-20} s without a finding" test -f "$root/build/log/fuzz-$name.ok" ;;
        esac
        tail -n 1 "$root/build/log/fuzz-$name.log" | sed 's/^/          /'
    done <"$TMPDIR/targets"
}

stage_coverage() {
    local dir=$root/build/coverage
    gate "gcc, counting lines, builds without a warning" build "$dir" gcc -Db_coverage=true -Dc_args=-fprofile-update=atomic
    find "$dir" -name '*.gcda' -delete
    start_servers
    suite "$dir"
    gate "lines of core/ and plugins/ covered: at least $(cat "$root/tests/coverage-floor") %" \
        "$root/scripts/coverage" "$dir" "$(cat "$root/tests/coverage-floor")"
    sed -n 's/^TOTAL.*/  &/p' "$root/build/log/coverage.txt" 2>/dev/null
}

# The Python package as its README installs it, then its suite on both providers.
stage_python() {
    local log=$root/build/log/python.log ended=0 before=$failed
    start_servers
    "$root/tests/python/run" "$TMPDIR/python" >"$log" 2>&1 || ended=1
    count_lines "$log"
    grep -E '^(FAIL|ERROR): |^built |^PyPI ' "$log" | sed 's/^/  /'
    ! grep -q '^PyPI is not reachable' "$log" || offline=1
    while IFS=: read -r _ name _; do
        skips+=("${name# }")
    done < <(grep '^skip: ' "$log")
    [ "$ended" = 0 ] || [ "$failed" -gt "$before" ] && return 0
    failed=$((failed + 1))
    say "  FAILED  the Python package did not come to its tests"
    tail -n 25 "$log" | sed 's/^/          /'
}

# The released OpenViking on the host: the pinned release, the adapter beside the oldest one,
# then the newest where that is another; what the newest does is reported and is no failure.
stage_openviking() {
    local log=$root/build/log/openviking.log home newest
    find_openviking pinned || return 0
    gate "the Python package builds in tree" build "$root/build/openviking" gcc -Dpython=true -Dtests=false \
        -Dbuildtype=release
    start_servers
    play_openviking >"$log" 2>&1 || true
    grep -E '^(openviking |  (ok|FAILED) )' "$log"
    if grep -qE '^# openviking:' "$log"; then
        count_lines "$log"
    else
        failed=$((failed + 1))
        say "  FAILED  OpenViking's checks did not end"
        tail -n 20 "$log" | sed 's/^/          /'
    fi
    suite_beside_openviking openviking
    suite_beside_openviking migrate
    if find_openviking oldest; then
        suite_beside_openviking openviking oldest
        suite_beside_openviking migrate oldest
    fi
    newest=$("$root/tests/openviking/environment" latest 2>>"$log")
    if grep -qx "openviking==$newest" "$root/tests/openviking/requirements.txt"; then
        say "  the pinned release, $newest, is the newest"
    elif find_openviking newest; then
        play_openviking --newest >"$log.newest" 2>&1 || true
        sed -n 's/^newest release/  &/p; s/^  FAILED/  fails on the newest:/p' "$log.newest"
    fi
}

# find_openviking WHICH: sets `home` to an environment; what is wrong with one counts, but for
# the newest.
find_openviking() {
    local log=$root/build/log/openviking-$1.log status=0
    home=$("$root/tests/openviking/environment" "$1" 2>"$log") || status=$?
    case $1-$status in
    *-0) return 0 ;;
    newest-*) say "  the newest release was not tried: $(tail -n 1 "$log")" ;;
    *-3)
        skipped=$((skipped + 1))
        offline=1
        skips+=("openviking: the package index cannot be reached")
        say "  SKIPPED openviking: the package index cannot be reached"
        ;;
    *)
        failed=$((failed + 1))
        say "  FAILED  OpenViking does not install"
        tail -n 10 "$log" | sed 's/^/          /'
        ;;
    esac
    return 1
}

# suite_beside_openviking FOLDER [oldest]: tests of the Python package that need OpenViking.
suite_beside_openviking() {
    local log=$root/build/log/python-$1${2:+-$2}.log
    env -u OV_PLUGIN_PATH PYTHONDONTWRITEBYTECODE=1 LITELLM_LOCAL_MODEL_COST_MAP=True \
        "PYTHONPATH=$root/build/openviking/python-tree" \
        "$home/bin/python" "$root/tests/python/suite.py" --in "$1" >"$log" 2>&1 || true
    if ! grep -qE "^# python $1:" "$log"; then
        failed=$((failed + 1))
        say "  FAILED  the tests of ov_host.$1 ${2:+beside the oldest release }did not end"
        tail -n 20 "$log" | sed 's/^/          /'
        return 0
    fi
    count_lines "$log"
    grep -E '^(FAIL|ERROR): ' "$log" | sed 's/^/  /'
    while IFS=: read -r _ name _; do
        skips+=("${2:+$2: }${name# }")
    done < <(grep '^skip: ' "$log")
}

play_openviking() {
    env -u OV_PLUGIN_PATH PYTHONDONTWRITEBYTECODE=1 "PYTHONPATH=$root/build/openviking/python-tree" \
        "$home/bin/python" "$root/tests/openviking/run.py" "$@"
}

# Both trees beside each other: each waits for the mirror, for packages and for a server.
stage_bare() {
    local release log=$root/build/log/bare pids=()
    for release in bookworm trixie; do
        ("$root/scripts/bare" $release >"$log-$release.log" 2>&1 && : >"$log-$release.log.ok") &
        pids+=($!)
    done
    wait "${pids[@]}"
    gate "both quickstarts on a bare Debian 12 in under 5 minutes" ended_well "$log-bookworm.log"
    gate "both quickstarts, tests and PostgreSQL 17 on a bare Debian 13" ended_well "$log-trixie.log"
    count_lines "$log-trixie.log"
    sed -n 's/^bare: /  /p' "$log-bookworm.log" "$log-trixie.log"
}

ended_well() {
    cat "$1"
    [ -f "$1.ok" ]
}

# The test server's password stands in the INI file for TCP and must stand in nothing that was
# printed. A file that does not hold it would make this an empty check.
no_secret() {
    local marker=ov-secret-marker
    start_servers
    "$root/scripts/pg" ini "$server_dir" --tcp | grep -qF "$marker" || { say "the server's password is not the marker"; return 1; }
    ! grep -rlaF "$marker" "$root/build/log" "$root"/build/*/meson-logs 2>/dev/null
}

stale_soak() {
    "$root/scripts/soak" --stale 2>/dev/null || true
    "$root/scripts/openviking-tests" --stale 2>/dev/null || true
}
