# SPDX-License-Identifier: Apache-2.0
"""Records, batch by batch: look what is there, write what differs, read it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .compare import difference
from .source import Row

_NAME = 200  # characters of a key that are shown


@dataclass
class Tally:
    records: int = 0
    written: int = 0
    already: int = 0
    verified: int = 0
    expired: int = 0
    failed: int = 0


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Move:
    """collection: where to, an ov_host Collection. complain(text): about one record."""

    def __init__(self, collection: Any, types: Mapping[str, str],
                 complain: Callable[[str], None]) -> None:
        self.tally = Tally()
        self._collection = collection
        self._types = types
        self._complain = complain

    def run(self, rows: Iterable[Row], size: int, seen: Callable[[int], None]) -> Tally:
        """seen(n): so many records have been dealt with."""
        for batch in _batches(rows, size):
            self.tally.records += len(batch)
            self._move(self._alive(batch))
            seen(self.tally.records)
        return self.tally

    def _fail(self, row: Row, reason: str) -> None:
        self.tally.failed += 1
        name = f"record '{_short(row.key)}'" if row.key is not None else f"the record labelled {row.label}"
        self._complain(f"{name}: {reason}")

    def _alive(self, batch: list[Row]) -> list[Row]:
        """The batch without what cannot be read and what has expired."""
        now, alive = time.time_ns(), []
        for row in batch:
            if row.fields is None:
                self._fail(row, row.reason)
            elif 0 < row.expires_ns <= now:
                self.tally.expired += 1
            else:
                alive.append(row)
        return alive

    def _compared(self, rows: list[Row]) -> list[tuple[Row, str | None]]:
        """The rows that can be asked for, each with the field in which it differs from the
        collection's record: "" for one that is not there, None for an equal one."""
        found: list[Any] = []

        def fetch(part: list[Row]) -> None:
            found.extend(self._collection.fetch([row.key for row in part]).records())

        return [(row, difference(self._types, row.fields, record))
                for row, record in zip(self._taken(rows, fetch), found, strict=True)]

    def _move(self, rows: list[Row]) -> None:
        compared = self._compared(rows)
        missing = [row for row, field in compared if field is not None]
        self.tally.already += len(compared) - len(missing)
        self.tally.verified += len(compared) - len(missing)
        written = self._taken(missing, self._write)
        self.tally.written += len(written)
        for row, field in self._compared(written):
            if field is None:
                self.tally.verified += 1
            else:
                self._fail(row, f"what was read back differs in '{field}'" if field
                           else "it was written and is not there")

    def _write(self, rows: list[Row]) -> None:
        self._collection.upsert([row.fields for row in rows], ttl=_lives(rows))

    def _taken(self, rows: list[Row], call: Callable[[list[Row]], None]) -> list[Row]:
        """Call with the rows and return those that were taken, in their order. One that the
        store refuses is named and left out, and the call is made without it; rows that are
        too much together are given in halves."""
        from ov_host import Error

        rows = list(rows)
        while rows:
            try:
                call(rows)
                break
            except Error as error:
                at = _refused(error, len(rows))
                if at is None:
                    half = len(rows) // 2
                    return [*self._taken(rows[:half], call), *self._taken(rows[half:], call)]
                self._fail(rows.pop(at), str(error).removeprefix(f"record {error.row}: "))
        return rows


def _refused(error: Any, count: int) -> int | None:
    """Which of so many records the error is about, None when they are too much together. An
    error about no record is raised again."""
    if error.code in ("OV_INVALID", "OV_LIMIT") and 0 <= error.row < count:
        return int(error.row)
    if error.code != "OV_LIMIT":
        raise error
    return 0 if count == 1 else None


def _short(key: Any) -> str:
    text = str(key)
    return text if len(text) <= _NAME else f"{text[:_NAME]}..."


def _lives(rows: list[Row]) -> list[int] | None:
    """Seconds to live, None when all live for ever."""
    if not any(row.expires_ns for row in rows):
        return None
    now = time.time_ns()
    return [max(1, -(-(row.expires_ns - now) // 1_000_000_000)) if row.expires_ns else 0
            for row in rows]
