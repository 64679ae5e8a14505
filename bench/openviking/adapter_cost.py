# SPDX-License-Identifier: Apache-2.0
"""What a search costs between OpenViking and the host: adapter.query without the host's call.

    adapter_cost.py [--searches N] [--limit MICROSECONDS] [--json FILE]

The store counts the nanoseconds of each call inside the host; what adapter.query took beyond
them is the way from Python to C and back: filter and vector in, ten hits of seven fields out.
1,000 records of 1,024 dimensions on native, one thread, which stays on the first processor that
it may use. Status 1 when the median is above the limit.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import workload
from openviking.storage.collection_schemas import CollectionSchemas
from openviking.storage.expr import And, Eq, In, PathScope
from openviking.storage.vectordb_adapters.factory import create_collection_adapter
from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig

FIELDS = ["uri", "level", "context_type", "abstract", "active_count", "updated_at", "search_tags"]


def adapter(folder: str, s: workload.Scale) -> Any:
    made = create_collection_adapter(VectorDBBackendConfig(
        backend="ov_host.openviking.HostCollectionAdapter", path=folder, dimension=s.dim,
        custom_params={"backend": "native"}))
    made.create_collection("context", CollectionSchemas.context_collection("context", s.dim),
                           distance="cosine", sparse_weight=0.0, index_name="default")
    made.upsert([workload.record(s, i, v.tolist()) for i, v in enumerate(workload.vectors(s))])
    return made


def spent_inside(made: Any) -> int:
    return made.get_collection()._link.store().counters()["search"]["total_ns"]


def search(made: Any, s: workload.Scale, vector: list[float], index: int) -> tuple[int, int]:
    """Nanoseconds of one search: all of them, and those inside the host."""
    scope = And([Eq("account_id", workload.ACCOUNT), Eq("context_type", "resource"),
                 PathScope("uri", workload.folder(s, index, 1)), In("level", [2])])
    inside = spent_inside(made)
    began = time.perf_counter_ns()
    hits = made.query(query_vector=vector, filter=scope, limit=10, output_fields=FIELDS)
    took = time.perf_counter_ns() - began
    if len(hits) != 10 or len(hits[0]) < len(FIELDS):
        raise RuntimeError(f"{len(hits)} hits of {len(hits[0]) if hits else 0} members")
    return took, spent_inside(made) - inside


def stay() -> int:
    """Moves between processors, each with caches of its own, are no cost of the adapter's."""
    processor = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processor})
    return processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--searches", type=int, default=3000)
    parser.add_argument("--limit", type=float, default=60)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()

    logging.disable(logging.CRITICAL)
    processor = stay()
    s = workload.scale(1000)
    with tempfile.TemporaryDirectory(prefix="ov-bench-") as folder:
        made = adapter(folder, s)
        questions = [v.tolist() for v in workload.vectors(s)[:50]]
        times = [search(made, s, questions[i % 50], i % 50) for i in range(arguments.searches)]
        made.close()
    times = times[len(times) // 10:]  # the first ones warm up
    own = statistics.median(took - inside for took, inside in times) / 1e3
    whole = statistics.median(took for took, _ in times) / 1e3
    print(f"adapter: {own:.1f} us of its own of {whole:.1f} us a search, medians of {len(times)}; "
          f"10 hits of 7 fields; on processor {processor}; at most {arguments.limit:g}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"own_us": own, "search_us": whole}) + "\n")
    sys.exit(own > arguments.limit)


if __name__ == "__main__":
    main()
