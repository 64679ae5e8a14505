# SPDX-License-Identifier: Apache-2.0
"""One backend under OpenViking's own facade, in a process of its own.

Reads what to do as JSON from standard input and leaves what it measured as JSON in the file
named first. Standard output is left to the package, which logs there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from types import SimpleNamespace
from typing import Any

import workload
from openviking.server.identity import RequestContext, Role
from openviking.storage.collection_schemas import CollectionSchemas
from openviking.storage.expr import Eq
from openviking.storage.viking_vector_index_backend import VikingVectorIndexBackend
from openviking_cli.session.user_id import UserIdentifier
from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig

CTX = RequestContext(user=UserIdentifier(workload.ACCOUNT, workload.USER), role=Role.USER)
SINGLE = 10  # single writes under way at once: the default of the embedding workers
WARM = 5


class SameForAll:
    """What newer releases ask for an account's settings: no account has a store of its own."""

    def __init__(self, config: VectorDBBackendConfig) -> None:
        self._settings = SimpleNamespace(dedicated_vectordb=False, vectordb=config)

    async def resolve(self, _account: str) -> SimpleNamespace:
        return self._settings


def open_backend(dim: int, config: dict[str, Any]) -> VikingVectorIndexBackend:
    settings = VectorDBBackendConfig(name="context", dimension=dim, distance_metric="cosine",
                                     **config)
    backend = VikingVectorIndexBackend(settings)
    if hasattr(backend, "set_vector_config_resolver"):
        backend.set_vector_config_resolver(SameForAll(settings))
    return backend


class Run:
    def __init__(self, task: dict[str, Any]) -> None:
        self.scale = workload.scale(task["rows"])
        self.singles = min(task["singles"], self.scale.rows // 2)
        self.vectors = workload.vectors(self.scale)
        self.keeps = task["keeps"]
        self.backend = open_backend(self.scale.dim, task["config"])

    def record(self, index: int) -> dict[str, Any]:
        return workload.record(self.scale, index, self.vectors[index].tolist())

    async def measure(self) -> dict[str, Any]:
        schema = CollectionSchemas.context_collection("context", self.scale.dim)
        if not await self.backend.create_collection("context", schema):
            raise RuntimeError("the collection was not created")
        if not self.keeps:
            return {"single_per_s": await self.single()}
        result = {"bulk_per_s": await self.bulk(), "single_per_s": await self.single()}
        found = await self.backend.count(ctx=CTX)
        if found != self.scale.rows:
            raise RuntimeError(f"{self.scale.rows} records written, {found} counted")
        for kind in workload.KINDS:
            result[kind] = await self.search(kind)
        await self.backend.drop_collection()
        await self.backend.close()
        return result

    async def bulk(self) -> float:
        """Batches in one bulk scope; making the records is not counted, ending the scope is."""
        rows, spent = self.scale.rows - self.singles, 0.0
        scope = self.backend.bulk_ingest(ctx=CTX)
        await scope.__aenter__()
        for start in range(0, rows, self.scale.batch):
            batch = [self.record(i) for i in range(start, min(rows, start + self.scale.batch))]
            began = time.perf_counter()
            await self.backend.upsert_many(batch, ctx=CTX)
            spent += time.perf_counter() - began
        began = time.perf_counter()
        await scope.__aexit__(None, None, None)
        return rows / (spent + time.perf_counter() - began)

    async def single(self) -> float:
        """As the embedding workers write: one record at a time, read first and merged."""
        records = [self.record(i) for i in range(self.scale.rows - self.singles, self.scale.rows)]
        waiting = iter(records)

        async def worker() -> None:
            for record in waiting:
                await self.backend.upsert(record, ctx=CTX, options={"partial_update": True})

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(SINGLE)))
        return len(records) / (time.perf_counter() - began)

    async def ask(self, kind: str, index: int) -> list[dict[str, Any]]:
        s = self.scale
        return await self.backend.search_in_tenant(
            ctx=CTX, query_vector=self.vectors[index].tolist(), context_type="resource",
            level=[2], limit=s.top_k,
            extra_filter=Eq("tags", f"cat_{index % workload.CATEGORIES}")
            if kind == "filtered" else None,
            target_directories=[workload.folder(s, index, workload.levels(s))]
            if kind == "scoped" else None)

    async def search(self, kind: str) -> dict[str, Any]:
        asked = workload.asked(self.scale)
        for index in asked[:WARM]:
            await self.ask(kind, index)
        spent, found = [], []
        for index in asked:
            began = time.perf_counter()
            hits = await self.ask(kind, index)
            spent.append(time.perf_counter() - began)
            found.append([hit["id"] for hit in hits[:workload.TRUTH]])
        spent.sort()
        return {"p50_ms": spent[len(spent) // 2] * 1e3,
                "p99_ms": spent[min(len(spent) - 1, len(spent) * 99 // 100)] * 1e3,
                "per_s": len(spent) / sum(spent), "found": found}


def main() -> None:
    logging.disable(logging.CRITICAL)
    result = asyncio.run(Run(json.load(sys.stdin)).measure())
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
