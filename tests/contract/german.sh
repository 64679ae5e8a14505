#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# german.sh CONTRACT ARGUMENTS...: the cases in a process whose decimal point is a comma.
# The locale is made in a temporary folder; the system's is not touched.
set -eu
command -v localedef >/dev/null && [ -e /usr/share/i18n/locales/de_DE ] || {
    echo "# skipped: no localedef or no source of de_DE (package locales)"
    exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
localedef -i de_DE -f UTF-8 "$folder/de_DE.UTF-8"
export LOCPATH="$folder" LC_ALL=de_DE.UTF-8
# The C library keeps what it made of LOCPATH; leaks are looked for in the run without.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
"$@" --locale de_DE.UTF-8
