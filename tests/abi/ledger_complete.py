# SPDX-License-Identifier: Apache-2.0
"""ledger_complete.py LEDGER HEADER... - every public member and value has its line."""
import os
import re
import sys


def strip(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"^[ \t]*#.*(?:\\\n.*)*$", "", text, flags=re.M)


def members(body):
    union = re.search(r"union \{(.*?)\} (\w+);", body, flags=re.S)
    if union:
        before, after = body[:union.start()], body[union.end():]
        inside = [union.group(2) + "." + name for name in members(union.group(1))]
        return members(before) + inside + members(after)
    found = []
    for declaration in filter(None, (d.strip() for d in body.split(";"))):
        pointer = re.search(r"\(\*(\w+)\)", declaration)
        if pointer:
            found.append(pointer.group(1))
            continue
        for part in declaration.split(","):
            found.append(re.search(r"(\w+)\s*(\[.*\])?\s*$", part).group(1))
    return found


def wanted(text):
    for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", text, re.S | re.M):
        yield r"(SIZE|GROWS)\(%s, \d+\)" % name
        for member in members(body):
            yield r"FIELD\(%s, %s, \d+, \d+\)" % (name, re.escape(member))
    for body in re.findall(r"^enum \w+ \{(.*?)\};", text, re.S | re.M):
        for value in filter(None, (v.split("=")[0].strip() for v in body.split(","))):
            yield r"VALUE\(%s, \d+\)" % value


def main():
    ledger = open(sys.argv[1]).read()
    lines = missing = 0
    for header in sys.argv[2:]:
        for line in wanted(strip(open(header).read())):
            lines += 1
            if not re.search(line, ledger):
                missing += 1
                print("%s: no line %s" % (os.path.basename(header), line),
                      file=sys.stderr)
    print("# ledger: %d members and values, %d missing" % (lines, missing))
    return 1 if missing or lines < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
