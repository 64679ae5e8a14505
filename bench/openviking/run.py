# SPDX-License-Identifier: Apache-2.0
"""OpenViking's built-in engine and ours through OpenViking's own facade, in one run.

    run.py [--rows N]... [--repeats N] [--backend NAME]... [--json FILE]

Each repeat takes the backends in turn, each in a fresh process with a fresh store, so that
what slows the machine for a while slows all of them; what is shown are medians, and ratios
to the built-in engine (local) of the same run. pgvector needs OV_TEST_PG_INI.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import report
import workload

HERE = Path(__file__).resolve().parent
ADAPTER = "ov_host.openviking.HostCollectionAdapter"
IDLE = "idle"  # idle.py: keeps nothing, so only its single writes are measured
BACKENDS = ("local", "native", "pgvector")


def config(backend: str, folder: str) -> dict[str, Any]:
    """What ov.conf would say under storage.vectordb."""
    if backend == "local":
        return {"backend": "local", "path": folder}
    if backend in ("native", IDLE):
        return {"backend": "idle.IdleAdapter" if backend == IDLE else ADAPTER, "path": folder,
                "custom_params": {"backend": "native", "path": f"{folder}/native"}}
    ini = os.environ.get("OV_TEST_PG_INI")
    if not ini:
        sys.exit("run.py: pgvector needs a server; OV_TEST_PG_INI names its INI file")
    return {"backend": ADAPTER, "path": folder, "custom_params": report.section(ini) | {
        "schema": f"bench_{os.getpid()}_{Path(folder).name[-8:].lower()}"}}


def measure(backend: str, rows: int, singles: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ov-bench-") as folder:
        task = {"rows": rows, "singles": singles, "keeps": backend != IDLE,
                "config": config(backend, folder)}
        out = Path(folder) / "result.json"
        done = subprocess.run([sys.executable, str(HERE / "facade.py"), str(out)], text=True,
                              input=json.dumps(task), capture_output=True, check=False,
                              env=os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"})
        if done.returncode != 0:
            sys.exit(f"run.py: {backend} at {rows} records failed\n{done.stderr[-4000:]}")
        return json.loads(out.read_text(encoding="utf-8"))


def judge(result: dict[str, Any], truths: dict[str, list[set[str]]]) -> dict[str, Any]:
    """The answers become their recall."""
    for kind, truth in truths.items():
        found = result[kind].pop("found")
        hits = sum(len(best & set(got)) for best, got in zip(truth, found, strict=True))
        result[kind]["recall"] = hits / sum(len(best) for best in truth)
    return result


def run(rows: int, backends: list[str], repeats: int, singles: int) -> dict[str, Any]:
    scale = workload.scale(rows)
    truths = workload.truths(scale)
    results: dict[str, list[dict[str, Any]]] = {backend: [] for backend in backends}
    idle = []
    for repeat in range(repeats):
        for backend in backends:
            print(f"# {rows} records, repeat {repeat + 1} of {repeats}: {backend}",
                  file=sys.stderr, flush=True)
            results[backend].append(judge(measure(backend, rows, singles), truths))
        idle.append(measure(IDLE, rows, singles))
    return {"rows": rows, "dim": scale.dim, "top_k": scale.top_k, "queries": scale.queries,
            "batch": scale.batch, "repeats": repeats, "idle": report.medians(idle),
            "backends": {name: report.medians(runs) for name, runs in results.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, action="append")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--singles", type=int, default=1000, help="records written one by one")
    parser.add_argument("--backend", choices=BACKENDS, action="append")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()

    tables = []
    for rows in arguments.rows or [10_000, 100_000]:
        tables.append(run(rows, arguments.backend or list(BACKENDS), arguments.repeats,
                          arguments.singles))
        print("\n".join(report.table(tables[-1])), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
