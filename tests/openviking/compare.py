# SPDX-License-Identifier: Apache-2.0
"""Holds two reports of the scenario together.

Records, listings and counts must be equal. Scores may differ by INT8_ERROR: OpenViking's own
local index keeps each vector as 256 steps of eight bits, and its contract names the error
that follows, about half a percent of the scale (a cosine of 0.6 comes back as 0.5984); the
host's scores are exact. Hits may change places where the scores of both lie within it.
"""

# Half a percent of cosine's scale of 1; each side of a comparison may be off by as much.
INT8_ERROR = 0.005


def differences(ours, theirs):
    """Sentences, none when the reports agree."""
    found = []
    for part in ("records", "records after changes"):
        found += of_records(part, ours[part], theirs[part])
    for name, value in theirs["listings"].items():
        if ours["listings"][name] != value:
            found.append(f"{name}: {ours['listings'][name]!r} instead of {value!r}")
    for part in ("questions", "narrow", "memories", "changed"):
        for question, hits in theirs[part].items():
            found += of_hits(f"{part} '{question}'", ours[part][question], hits)
    return found


def of_records(part, ours, theirs):
    found = [f"{part}: '{name}' is missing" for name in theirs if name not in ours]
    found += [f"{part}: '{name}' should not be there" for name in ours if name not in theirs]
    for name, record in theirs.items():
        for field, value in record.items():
            seen = ours.get(name, record)[field]
            if seen != value:
                found.append(f"{part}: '{name}' has {field} {seen!r} instead of {value!r}")
    return found


def of_hits(question, ours, theirs):
    if len(ours) != len(theirs):
        return [f"{question}: {len(ours)} hits instead of {len(theirs)}"]
    if not theirs:
        return []
    found = []
    score = {(uri, level): value for uri, level, value in theirs}
    last = theirs[-1][2]
    for uri, level, value in ours:
        known = score.get((uri, level))
        if known is None and value > last + INT8_ERROR:
            found.append(f"{question}: '{uri}' at {value:.4f} is not among the other's hits")
        elif known is not None and abs(value - known) > INT8_ERROR:
            found.append(f"{question}: '{uri}' scores {value:.4f} instead of {known:.4f}")
    place = {(uri, level): at for at, (uri, level, _) in enumerate(ours)}
    for uri, level, value in theirs:
        if (uri, level) not in place and value > last + INT8_ERROR:
            found.append(f"{question}: '{uri}' at {value:.4f} is missing")
    for first, second in zip(ours, ours[1:]):
        a, b = score.get(tuple(first[:2])), score.get(tuple(second[:2]))
        if a is not None and b is not None and b - a > INT8_ERROR:
            found.append(f"{question}: '{first[0]}' stands before '{second[0]}'")
    return found


def largest_score_error(ours, theirs):
    """How far the scores of the hits that both have lie apart, at most."""
    worst = 0.0
    for part in ("questions", "narrow", "memories", "changed"):
        for question, hits in theirs[part].items():
            score = {(uri, level): value for uri, level, value in ours[part][question]}
            for uri, level, value in hits:
                if (uri, level) in score:
                    worst = max(worst, abs(score[uri, level] - value))
    return worst
