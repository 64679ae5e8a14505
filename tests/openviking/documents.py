# SPDX-License-Identifier: Apache-2.0
"""Real documents that are on every machine which can build this project: what Debian says of
the packages that the build needs and of those that every installation has, a file each."""

import subprocess
from pathlib import Path

# Essential ones first, then those that scripts/lib.sh installs for build and tests.
PACKAGES = """
base-files bash bsdutils coreutils dash debianutils diffutils dpkg findutils grep gzip hostname
init-system-helpers login ncurses-bin perl-base sed sysvinit-utils tar util-linux
gcc git libinih-dev libjansson-dev libltdl-dev libpq-dev libsqlite3-dev locales make mandoc meson
ninja-build pgbouncer pkg-config procps prometheus python3
""".split()


def describe(package):
    """(section, title, text) of an installed package, a paragraph a line."""
    words = ["dpkg-query", "-W", "-f", "${db:Status-Status}\n${Section}\n${Description}", package]
    found = subprocess.run(words, capture_output=True, text=True)
    status, _, rest = found.stdout.partition("\n")
    if found.returncode or status != "installed":
        raise FileNotFoundError(f"the package '{package}' is not installed")
    section, title, *lines = rest.split("\n")
    paragraphs = "\n".join(line.strip() for line in lines).replace("\n.\n", "\n\n")
    return section, title, paragraphs


def write(folder, packages=PACKAGES):
    """One Markdown file for each package, in folders by section; how many there are."""
    for package in packages:
        section, title, text = describe(package)
        place = Path(folder) / section
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{package}.md").write_text(f"# {package}\n\n{title}.\n\n{text}\n")
    return len(packages)
