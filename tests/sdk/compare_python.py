# SPDX-License-Identifier: Apache-2.0
"""compare_python.py ANSWERS TOPIC [SEED [CASES]] - the library beside Python.

Times follow datetime.fromisoformat of Python 3.11 and what 3.14 added, patterns mean what re means where
the dialects overlap, numbers print as short as repr. Each topic makes random cases,
asks both and prints the first that differ.
"""
import datetime
import os
import random
import re
import struct
import subprocess
import sys

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MILLI = datetime.timedelta(milliseconds=1)

TIMES = """2026-01-02 20260102 2026-W05 2026W05 2026-W05-3 2026W053 2026-01-02T03:04:05
2026-01-02T03:04:05.678Z 20260102T030405Z 2026-W01-0000 2026W01T03 2020-W53-7T01
2021-W53-1 2026-01-02T03:04:05.123456789+05:30 2026-01-02T03 2026-01-02T0304
2026-01-02T03:04:05,5-00:00:01.5 1969-12-31T23:59:59.9995Z 0001-01-01T00:00:00+00:00
9999-12-31T23:59:59.999999Z 2024-02-29 2023-02-29 2026-01-02\u00e903:04Z
2026-01-02T03:04+23:59:59.999999 2026-01-02T24:00:00 2026-01-02T03:04:60 2026-001
2026001 2026-01-02T 2026-01-02T030405.5+0530 2026-1-2 1900-02-29T00 2000-02-29T00Z
2026W0531 2026W05T10:00 2026-01-02T03:04:055Z 2026-01-02T03:04:05:1 2026-02-28T24:00Z
20261231T240000.0+01:00 2026W05T24 2026-01-02T24:00:00.000+00:30""".split()


def change(text, letters):
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        at = random.randrange(len(text) + 1)
        how = random.randrange(3)
        new = random.choice(letters) if how != 1 else ""
        text = text[:at] + new + text[at + (how != 0):]
    return text


def time_cases(n):
    for _ in range(n):
        text = change(random.choice(TIMES), "0123456789-:TZWz+.,  \u00e9/")
        yield "time " + text, time_answer(text)


DAY_END = re.compile(r"(\d{4}-?(?:\d\d-?\d\d|W\d\d(?:-?\d)?))(.)24(.*)", re.S)


# An offset that Python took for none before 3.14.
PART_OF_A_SECOND = re.compile(r"[+-]00(:?00){0,2}[.,]\d*$")


def read_time(text):
    """24:00 as Python 3.14 reads it, but for its day 0."""
    end = DAY_END.fullmatch(text)
    if end is None:
        return datetime.datetime.fromisoformat(text)
    time = datetime.datetime.fromisoformat(end[1] + end[2] + "00" + end[3])
    if time.time() != datetime.time():
        raise ValueError(text)
    return time + datetime.timedelta(days=1)


def time_answer(text):
    text = text.strip(" \t")
    utc = text.endswith("Z")
    try:
        time = read_time(text[:-1] + "+00:00" if utc else text)
    except (ValueError, OverflowError):
        # From 3.14 on Python refuses some of what 3.11 reads and stored.
        return "refused" if sys.version_info < (3, 14) else None
    if sys.version_info < (3, 14) and PART_OF_A_SECOND.search(text):
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.timezone.utc)
    millis = (time - EPOCH) // MILLI
    if not -62135596800000 <= millis < 253402300800000:
        return "refused"
    return str(millis * 1000)


ATOMS = ["a", "b", "c", "\u00e9", ".", "^", "$", r"\d", r"\W", r"\s", r"\.", "[a-c]",
         "[^ab]", r"[\d\-x]", r"[^\w]", r"\n", " ", "\u20ac", r"[^\n]", "1", "()", "(?:)"]
REPEATS = ["", "", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{0}", "{1,3}"]


def make_pattern(depth):
    branches = []
    for _ in range(random.choice((1, 1, 1, 2))):
        branch = ""
        for _ in range(random.randrange(4)):
            atom = random.choice(ATOMS)
            if depth > 0 and random.random() < 0.3:
                atom = random.choice(("(", "(?:")) + make_pattern(depth - 1) + ")"
            branch += atom + ("" if atom in "^$" else random.choice(REPEATS))
        branches.append(branch)
    return "|".join(branches)


def match_cases(n):
    for _ in range(n):
        pattern = make_pattern(3)
        text = "".join(random.choice("aaabbc\u00e9\u20ac1 \n.-x_")
                       for _ in range(random.randrange(9)))
        found = re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None
        yield ("match %s %s" % (pattern.encode().hex(), text.encode().hex()),
               str(int(found)))


def number_cases(n):
    for _ in range(n):
        if random.random() < 0.5:
            value, = struct.unpack("<d", random.randbytes(8))
        else:
            value = random.choice((1, 10, 1e-6, 1e9)) * round(random.gauss(0, 9), 4)
        if value == value and abs(value) != float("inf"):
            yield "double %r" % value, value
        narrow, = struct.unpack("<f", random.randbytes(4))
        if narrow == narrow and abs(narrow) != float("inf"):
            yield "float %r" % narrow, narrow


def differs(question, wanted, answer):
    if wanted is None:
        return False
    if not isinstance(wanted, float):
        return answer != wanted
    again = float(answer)
    if question.startswith("float "):
        again, = struct.unpack("<f", struct.pack("<f", again))
        return again != wanted
    digits = [re.sub(r"e.*|[-.]", "", text).strip("0")
              for text in (answer, repr(wanted))]
    return again != wanted or len(digits[0]) > len(digits[1])


def main():
    program, topic = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    n = int(sys.argv[4]) if len(sys.argv) > 4 else 20000
    random.seed(seed)
    cases = list({"time": time_cases, "match": match_cases,
                  "number": number_cases}[topic](n))
    questions = "".join(question + "\n" for question, _ in cases)
    answers = subprocess.run([program], input=questions.encode(), check=True,
                             stdout=subprocess.PIPE, env=dict(os.environ, TZ="JST-9"))
    lines = answers.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(cases), "%d answers to %d questions" % (len(lines), n)
    wrong = [(question, wanted, answer)
             for (question, wanted), answer in zip(cases, lines)
             if differs(question, wanted, answer)]
    for case in wrong[:10]:
        print("%s: Python says %s, the library %s" % case, file=sys.stderr)
    taken = sum(line not in ("refused", "0") for line in lines)
    print("# compare %s: %d cases, %d taken, %d differ" % (topic, len(cases), taken,
                                                           len(wrong)))
    # Cases that all end the same way would show nothing.
    return 1 if wrong or not 0.1 < taken / len(cases) <= 1 else 0


if __name__ == "__main__":
    sys.exit(main())
