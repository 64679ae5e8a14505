# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the scripts share: where things are, packages, stages with seconds.
# Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${OV_CACHE:-$root/build/cache}
meson=/usr/bin/meson

build_packages="gcc libc6-dev meson ninja-build pkg-config libltdl-dev libinih-dev \
libpq-dev libsqlite3-dev"
test_packages="check libjansson-dev clang clang-format clang-tidy libclang-rt-dev llvm g++ gcovr git \
locales mandoc mmdebstrap pgbouncer prometheus procps python3"
python_packages="python3-dev python3-pip python3-venv"
server_packages="make dpkg-dev"
quickstart_packages="libstemmer-dev"

# Each word on a line of its own.
say() {
    printf '%s\n' "$@"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Install what is missing of the packages named. As root with apt-get, else through sudo;
# without either the one line to run is printed and the status is 2.
need_packages() {
    local missing=() package run=()
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
            grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            run=(sudo)
        else
            say "These packages are missing. Please run, then try again:"
            say "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
            exit 2
        fi
    fi
    say "installing: ${missing[*]}"
    {
        "${run[@]}" apt-get update -q
        "${run[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "${missing[@]}"
    } >"${TMPDIR:-/tmp}/ov-packages.$$" 2>&1 || {
        tail -n 20 "${TMPDIR:-/tmp}/ov-packages.$$" >&2
        die "the packages could not be installed"
    }
    rm -f "${TMPDIR:-/tmp}/ov-packages.$$"
}

seconds_since() {
    printf '%s' "$(($(date +%s) - $1))"
}

# configure DIR ARG...: a build folder with these meson arguments, made anew when they
# have changed.
configure() {
    local dir=$1 stamp
    shift
    stamp="$* $(cat "$root/meson.build" "$root/meson_options.txt" | cksum)"
    if [ ! -f "$dir/build.ninja" ] || [ "$(cat "$dir/.arguments" 2>/dev/null)" != "$stamp" ]; then
        rm -rf "$dir"
        "$meson" setup "$dir" "$root" "$@" >"$dir.log" 2>&1 || {
            tail -n 20 "$dir.log" >&2
            return 1
        }
        printf '%s' "$stamp" >"$dir/.arguments"
    fi
}

# block FILE KIND: the first block of that kind in a document.
block() {
    awk -v kind="$2" '/^```/ && inside { exit } inside { print } $0 == "```" kind { inside = 1 }' "$1"
}
