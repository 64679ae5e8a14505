# SPDX-License-Identifier: Apache-2.0
"""Records, batch by batch: look what is there, write what differs, read it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .compare import difference
from .source import Row


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
        name = f"record '{row.key}'" if row.key is not None else f"the record labelled {row.label}"
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

    def _differing(self, rows: list[Row]) -> list[tuple[Row, str]]:
        """The rows that the collection has not, or not so, each with the field."""
        if not rows:
            return []
        found = self._collection.fetch([row.key for row in rows]).records()
        return [(row, field) for row, record in zip(rows, found, strict=True)
                if (field := difference(self._types, row.fields, record)) is not None]

    def _move(self, rows: list[Row]) -> None:
        missing = [row for row, _ in self._differing(rows)]
        self.tally.already += len(rows) - len(missing)
        self.tally.verified += len(rows) - len(missing)
        if not missing:
            return
        written = self._write(missing)
        wrong = self._differing(written)
        self.tally.written += len(written)
        self.tally.verified += len(written) - len(wrong)
        for row, field in wrong:
            self._fail(row, f"what was read back differs in '{field}'" if field
                       else "it was written and is not there")

    def _write(self, rows: list[Row]) -> list[Row]:
        """Write them and return those that were taken: a record that the store refuses is
        named and left out, and the others are written without it."""
        from ov_host import InvalidError

        rows = list(rows)
        while rows:
            try:
                self._collection.upsert([row.fields for row in rows], ttl=_lives(rows))
                break
            except InvalidError as error:
                if not 0 <= error.row < len(rows):
                    raise
                reason = str(error).removeprefix(f"record {error.row}: ")
                self._fail(rows.pop(error.row), reason)
        return rows


def _lives(rows: list[Row]) -> list[int] | None:
    """Seconds to live, None when all live for ever."""
    if not any(row.expires_ns for row in rows):
        return None
    now = time.time_ns()
    return [max(1, -(-(row.expires_ns - now) // 1_000_000_000)) if row.expires_ns else 0
            for row in rows]
