# SPDX-License-Identifier: Apache-2.0
"""The records, the questions and the true answers.

The shape is that of OpenViking's own benchmark of vector stores (its benchmark/vectordb_perf
as its README describes it): context records of one tenant in a tree of folders, vectors
drawn uniformly, questions that ask for a record by its own vector. All of it follows from
the numbers in `Scale` and a seed, so that every process makes the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy

ACCOUNT, USER = "bench_account", "bench_user"
ROOT = "viking://resources/bench/synthetic"
CATEGORIES = 16
TRUTH = 10  # recall is measured at so many


@dataclass(frozen=True)
class Scale:
    rows: int
    queries: int
    batch: int
    top_k: int
    depth: int
    fanout: int
    selectivity: float  # of the folder that a scoped search names
    dim: int = 1024
    seed: int = 11


def scale(rows: int) -> Scale:
    """The profile of the benchmark for so many records."""
    if rows <= 1000:
        return Scale(rows, 8, 32, 10, 4, 4, 0.25)
    if rows <= 20_000:
        return Scale(rows, 100, 500, 20, 6, 8, 0.05)
    return Scale(rows, 500, 1000, 100, 8, 10, 0.01)


def vectors(s: Scale) -> numpy.ndarray:
    return numpy.random.default_rng(s.seed).uniform(-1, 1, (s.rows, s.dim)).astype(numpy.float32)


def folder(s: Scale, index: int, levels: int) -> str:
    """Where a record lies, or the first levels of that."""
    parts = (f"d{level}_{index // s.fanout**level % s.fanout}" for level in range(levels))
    return "/".join((ROOT, *parts))


def record(s: Scale, index: int, vector: list[float]) -> dict[str, Any]:
    name, label = f"syn-{index}", f"cat_{index % CATEGORIES}"
    time = f"2026-01-01T{index // 3600 % 24:02d}:{index // 60 % 60:02d}:{index % 60:02d}Z"
    return {
        "id": name, "uri": f"{folder(s, index, s.depth)}/{name}", "type": "file",
        "context_type": "resource", "vector": vector, "created_at": time, "updated_at": time,
        "active_count": 0, "level": 2, "name": name, "description": label, "tags": label,
        "search_tags": [f"category={label}"], "abstract": f"source {name}, category {label}",
        "content": f"what the benchmark has to say about {name}",
        "account_id": ACCOUNT, "owner_user_id": USER,
    }


def levels(s: Scale) -> int:
    """How deep a folder of the wanted selectivity lies."""
    return max(1, min(s.depth, math.ceil(math.log(s.selectivity) / -math.log(s.fanout))))


def asked(s: Scale) -> list[int]:
    """The records by whose vectors is asked."""
    return [q * max(1, s.rows // s.queries) % s.rows for q in range(s.queries)]


# The three sorts of question; each answers whether a record belongs to the answer.
KINDS = ("open", "filtered", "scoped")


def eligible(s: Scale, kind: str, index: int) -> numpy.ndarray:
    """Of every record, whether the question of this kind by this record may find it."""
    rows = numpy.arange(s.rows)
    if kind == "filtered":
        return rows % CATEGORIES == index % CATEGORIES
    if kind == "scoped":
        size = s.fanout ** levels(s)
        return rows % size == index % size
    return numpy.ones(s.rows, dtype=bool)


def truths(s: Scale) -> dict[str, list[set[str]]]:
    """The best of each question by cosine in full precision, by looking at every record."""
    data = vectors(s)
    data /= numpy.linalg.norm(data, axis=1, keepdims=True)
    best: dict[str, list[set[str]]] = {kind: [] for kind in KINDS}
    for index in asked(s):
        scores = data @ data[index]
        for kind in KINDS:
            found = numpy.where(eligible(s, kind, index), scores, -2)
            first = numpy.argpartition(-found, TRUTH)[:TRUTH]
            best[kind].append({f"syn-{i}" for i in first if found[i] > -2})
    return best
