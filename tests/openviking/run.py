# SPDX-License-Identifier: Apache-2.0
"""Runs the released OpenViking on its own engine and on the host. See README.md beside this.

    run.py [--newest] [NAME...]     all checks, or those whose names hold one of the words

Run by the Python of a virtual environment that `environment` made, with OV_TEST_PG_DIR of
scripts/pg and our package on the path. `--newest`: the scenario alone, reported, and never a
failure. The last line is `# openviking: N passed, N failed, N skipped`.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from importlib.metadata import version
from pathlib import Path

import compare
import crash
import embedding_server
import language_model_stand_in
import scenario
import stores
import tenants
import together
import viking


class Stage:
    """What the checks share: the models, a folder and the reports so far."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.embed = embedding_server.start()
        self.model = language_model_stand_in.start()
        self.reports = {}

    @contextlib.contextmanager
    def server(self, name, vectordb, **words):
        """A running server with a folder of its own; its log's end is printed on a failure."""
        folder = self.folder / name
        models = (self.embed, self.model)
        conf = viking.configuration(folder / "workspace", models, vectordb, **words)
        server = viking.Server(folder, conf)
        self.embed.delay = 0
        try:
            server.start()
            yield server
        except BaseException:
            print(f"          log of '{name}':{server.tail()}")
            raise
        finally:
            server.stop()
        keeps_its_secret(server, vectordb)


def keeps_its_secret(server, vectordb):
    """The password of its PostgreSQL stands in ov.conf and in nothing that it has logged."""
    secret = stores.password(vectordb)
    if secret:
        scenario.expect("ov.conf has the password", secret in server.conf.read_text())
        scenario.expect("its log has not", secret not in server.log.read_text(errors="replace"))


def scenario_on(kind):
    def check(stage):
        folder = stage.folder / f"scenario-{kind}"
        with stage.server(folder.name, stores.KINDS[kind](), tenants=True) as server:
            root = server.client(viking.ROOT_KEY)
            server.key = root.admin_create_account("team", scenario.USER)["user_key"]
            report = scenario.play(server, server.client(), folder)
            unknown = stage.model.stand_in.unknown
            scenario.expect("the stand-in knows each prompt", not unknown, unknown[:1])
            stage.reports[kind] = report
            before, after = report["records"], report["records after changes"]
            said = f"{len(before)} records, {len(after)} after changes"
            keys = tenants.settle(server, root, folder)
            found, tried = tenants.leaks(server, keys)
            scenario.expect("tenants see their own", tenants.sees_its_own(server, keys))
            if kind == stores.LOCAL:
                scenario.expect("the check of tenants can fail", found)
            else:
                scenario.expect("tenants stay apart", not found, found)
            return f"{said}; {len(found)} of {tried} broken filters leak"

    return check


def same_as_local(kind):
    def check(stage):
        missing = [k for k in (kind, stores.LOCAL) if k not in stage.reports]
        scenario.expect("both have been played", not missing, missing)
        ours, theirs = stage.reports[kind], stage.reports[stores.LOCAL]
        found = compare.differences(ours, theirs)
        scenario.expect(f"{len(found)} differences", not found, found[:10])
        worst = compare.largest_score_error(ours, theirs)
        return f"largest difference of a score {worst:.4f}, {compare.INT8_ERROR} allowed"

    return check


def killed(kind):
    def check(stage):
        with stage.server(f"killed-{kind}", stores.KINDS[kind]()) as server:
            seen, whole = crash.kill_while_taking_in(server, server.folder, stage.embed)
            return f"killed at {seen} of {whole} records"

    return check


def postgres_ends(folder, modes):
    def check(stage):
        with (
            stores.durable_server(stage.folder / f"{folder}-postgres") as directory,
            stage.server(folder, stores.postgres(directory)) as server,
        ):
            moments, whole, away = crash.end_postgres_while_taking_in(
                server, stage.embed, directory, modes
            )
            at = ", ".join(map(str, moments))
            return f"ended at {at} of {whole} records, away for {away:.1f} s at most"

    return check


def two_servers(stage):
    """Accounts are made before the second starts: OpenViking reads the keys at its start."""
    vectordb = stores.postgres()
    with stage.server("shared", vectordb, tenants=True, shared=True) as one:
        root = one.client(viking.ROOT_KEY)
        one.key = root.admin_create_account("team", scenario.USER)["user_key"]
        keys = tenants.settle(one, root, one.folder)
        other = viking.Server(stage.folder / "shared-other", json.loads(one.conf.read_text()))
        other.key = one.key
        try:
            other.start()
            whole = together.writes_are_seen(
                one, other, lambda client: scenario.add_documents(client, one.folder)
            )
            notes = together.both_write(one, other, one.folder)
            for server in (one, other):
                found, tried = tenants.leaks(server, keys)
                scenario.expect("tenants stay apart", not found, found)
                scenario.expect("tenants see their own", tenants.sees_its_own(server, keys))
        except BaseException:
            print(f"          log of the other:{other.tail()}")
            raise
        finally:
            other.stop()
        return f"{whole} records, {notes} notes by both; none of {tried} broken filters leaks"


CHECKS = {
    "the scenario plays on OpenViking's own local engine": scenario_on(stores.LOCAL),
    "the scenario plays on native": scenario_on(stores.NATIVE),
    "native gives the local engine's records and top hits": same_as_local(stores.NATIVE),
    "the scenario plays on PostgreSQL": scenario_on(stores.POSTGRES),
    "PostgreSQL gives the local engine's records and top hits": same_as_local(stores.POSTGRES),
    "two servers on one PostgreSQL see each other's writes, no tenant another's": two_servers,
    "a server killed at work loses nothing acknowledged, on native": killed(stores.NATIVE),
    "a server killed at work loses nothing acknowledged, on PostgreSQL": killed(stores.POSTGRES),
    "OpenViking goes on when its PostgreSQL is restarted": postgres_ends("restarted", ["fast"]),
    "OpenViking goes on when its PostgreSQL is killed, and nothing acknowledged is lost": (
        postgres_ends("recovered", ["kill", "immediate", "kill"])
    ),
}
NEWEST = [name for name in CHECKS if "scenario" in name or "top hits" in name]


def run(names):
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="ov-e2e-") as folder:
        stage = Stage(folder)
        for name in names:
            began = time.monotonic()
            try:
                said = CHECKS[name](stage)
                passed += 1
                mark = "ok     "
            except Exception as fault:
                failed += 1
                mark, said = "FAILED ", str(fault)[:3000]
                traceback.print_exc(file=sys.stdout)
            print(f"  {mark} {name} ({time.monotonic() - began:.0f} s): {said}", flush=True)
    return passed, failed


def main():
    # So that a run which is ended takes its servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    parser.add_argument("--newest", action="store_true")
    parser.add_argument("names", nargs="*")
    words = parser.parse_args()
    names = NEWEST if words.newest else list(CHECKS)
    if words.names:
        names = [name for name in names if any(word in name for word in words.names)]
    print(f"openviking {version('openviking')}", flush=True)
    passed, failed = run(names)
    if words.newest:
        total = passed + failed
        print(f"newest release {version('openviking')}: {passed} of {total} checks passed")
        return 0
    print(f"# openviking: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
