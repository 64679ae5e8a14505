# SPDX-License-Identifier: Apache-2.0
"""Medians, ratios and the table."""

from __future__ import annotations

import configparser
import statistics
from collections.abc import Sequence
from typing import Any

# What a row of the table shows: its name, where the number stands, its form.
COLUMNS = [("bulk upserts/s", ("bulk_per_s",), "{:.0f}"),
           ("single upserts/s", ("single_per_s",), "{:.0f}")]
for _kind in ("open", "filtered", "scoped"):
    COLUMNS += [(f"{_kind} search, p50 ms", (_kind, "p50_ms"), "{:.2f}"),
                (f"{_kind} search, p99 ms", (_kind, "p99_ms"), "{:.2f}"),
                (f"{_kind} search, a second", (_kind, "per_s"), "{:.0f}"),
                (f"{_kind} search, recall@10", (_kind, "recall"), "{:.4f}")]


def section(ini: str) -> dict[str, str]:
    """The plain section of an INI file of ours."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read(ini)
    return dict(parser["storage.vectordb"])


def medians(runs: Sequence[Any]) -> Any:
    """Member by member over objects of the same shape."""
    if isinstance(runs[0], dict):
        return {key: medians([run[key] for run in runs]) for key in runs[0]}
    return statistics.median(runs)


def _at(value: Any, path: tuple[str, ...]) -> float:
    for key in path:
        value = value[key]
    return value


def table(result: dict[str, Any]) -> list[str]:
    """Lines of Markdown: a column for each backend and one for its ratio to local."""
    backends = result["backends"]
    others = [name for name in backends if name != "local" and "local" in backends]
    head = [f"{result['rows']} records", *backends, *(f"{name} / local" for name in others)]
    lines = [f"{result['rows']} records of {result['dim']} dimensions, {result['queries']} queries "
             f"of each sort, top {result['top_k']}, batches of {result['batch']}, medians of "
             f"{result['repeats']}:", "", "| " + " | ".join(head) + " |",
             "|---" + "|---:" * (len(head) - 1) + "|"]
    for name, path, form in COLUMNS:
        cells = [form.format(_at(backends[b], path)) for b in backends]
        for other in others:
            base = _at(backends["local"], path)
            cells.append(f"{_at(backends[other], path) / base:.2f}" if base else "-")
        lines.append("| " + " | ".join([name, *cells]) + " |")
    idle = result["idle"]["single_per_s"]
    return [*lines, "", f"A backend that keeps nothing, and lets go of the interpreter once a write, "
            f"takes {idle:.0f} single upserts/s.", ""]
