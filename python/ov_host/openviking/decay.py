# SPDX-License-Identifier: Apache-2.0
"""Ranking by similarity times age, exactly, on top of a ranking by similarity alone.

The fused score of a record is raw * decay ** (away / scale), where away is how far its time lies
from the origin in either direction, less the offset in which nothing fades. A record without a
time keeps its raw score.

The factor lies in (0, 1], so a record that is not read yet, whose raw score is at most that of
the last one read, fuses to at most that score, or to 0 where that is negative. Once the last
record wanted lies above this bound, nothing unread belongs before it.
"""

from datetime import datetime, timedelta, timezone
from typing import Any, Callable, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
FIRST_PAGE = 64
GROWTH = 4


class Spec(NamedTuple):
    field: str
    origin_ms: float
    offset_ms: float
    scale_ms: float
    decay: float


class Ranked(NamedTuple):
    key: Any
    score: float
    raw: float
    factor: float | None  # None: the record has no time
    record: dict


def spec_of(wanted: dict) -> Spec:
    """From OpenViking's own words for its local engine."""
    try:
        spec = Spec(str(wanted["field"]), *(float(wanted[name]) for name in Spec._fields[1:]))
    except (KeyError, TypeError, ValueError) as err:
        raise ValueError(f"time_decay is incomplete or no number: {err}") from err
    if not spec.scale_ms > 0 or not 0 < spec.decay < 1 or not spec.offset_ms >= 0:
        raise ValueError(f"time_decay out of range: {spec}")
    return spec


def milliseconds(value: Any) -> float | None:
    """The instant of a stored date_time, None where there is none. Without an offset it is UTC,
    and less than a millisecond is cut off, as everywhere in the host."""
    if isinstance(value, bool) or value is None or value == "":
        return None
    if isinstance(value, (int, float)):
        return float(value)
    text = str(value).strip()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return float((when - _EPOCH) // _MILLISECOND)


def factor(spec: Spec, value: Any) -> float | None:
    when = milliseconds(value)
    if when is None:
        return None
    away = max(0.0, abs(when - spec.origin_ms) - spec.offset_ms)
    return spec.decay ** (away / spec.scale_ms)


def _fuse(spec: Spec, rows: list[tuple[Any, float, dict]]) -> list[Ranked]:
    fused = []
    for key, raw, record in rows:
        times = factor(spec, record.get(spec.field))
        fused.append(Ranked(key, raw if times is None else raw * times, raw, times, record))
    fused.sort(key=lambda row: (-row.score, row.key))
    return fused


def ranked(fetch: Callable[[int], list], spec: Spec, wanted: int) -> list[Ranked]:
    """The first `wanted` by fused score. fetch(n) gives the n best (key, raw score, record) by
    raw score, best first, the spec's field among the record's."""
    size = max(FIRST_PAGE, GROWTH * wanted)
    while wanted > 0:
        rows = fetch(size)
        fused = _fuse(spec, rows)
        if len(rows) < size or fused[wanted - 1].score > max(rows[-1][1], 0.0):
            return fused[:wanted]
        size *= GROWTH
    return []
