# SPDX-License-Identifier: Apache-2.0
# debian.sh - which release of Debian this is, what it has, and where its mirror is. Sourced,
# not run.

# The code name of the system; one that runs ahead of its next release has none.
debian_release() {
    (. /etc/os-release && printf '%s\n' "${VERSION_CODENAME:-sid}")
}

# The major version of PostgreSQL that a release has.
debian_postgresql() {
    case $1 in
    bookworm) printf '15\n' ;;
    trixie) printf '17\n' ;;
    *) printf '18\n' ;;
    esac
}

# The mirror of the system's own configuration, which holds every release. apt says it where
# it has lists; before its first update the files are read. Fails where there is none.
debian_mirror() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' \
        2>/dev/null | awk '$2 !~ /-(security|debug)/ && !seen++ { print $1 }')
    [ -n "$mirror" ] || mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed 's/#.*//' | grep -oE '(https?|ftp)://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ') || true
    [ -n "$mirror" ] && printf '%s\n' "$mirror"
}
