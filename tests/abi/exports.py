# SPDX-License-Identifier: Apache-2.0
"""exports.py NM RULE FILE... - each file exports something, and nothing but by RULE.

RULE is a regular expression that every name matches, or "=NAME,NAME": these names.
"""
import re
import subprocess
import sys


def exported(nm, path):
    lines = subprocess.run([nm, "-D", "--defined-only", "--format=posix", path],
                           check=True, stdout=subprocess.PIPE).stdout.decode()
    # Symbol versions behind an @ are not names.
    return sorted({line.split()[0].split("@")[0] for line in lines.splitlines()})


def main():
    nm, rule, *files = sys.argv[1:]
    status = 0
    for path in files:
        names = exported(nm, path)
        if rule.startswith("="):
            wrong = set(names) ^ set(rule[1:].split(","))
        else:
            wrong = [name for name in names if not re.fullmatch(rule, name)]
        if wrong or not names:
            print("%s: %s" % (path, ", ".join(sorted(wrong)) or "exports nothing"),
                  file=sys.stderr)
            status = 1
        print("# exports: %s, %d" % (path.rsplit("/", 1)[-1], len(names)))
    return status


if __name__ == "__main__":
    sys.exit(main())
