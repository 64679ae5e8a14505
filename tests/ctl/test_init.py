# SPDX-License-Identifier: Apache-2.0
"""init, doctor and --dry-run on a real PostgreSQL: what the role may not do an administrator
does by one file, and then both commands are content.

test_init.py OVCTL PLUGIN_DIR...; OV_TEST_PG_DIR is the folder of a server.
"""
import json
import os
import subprocess
import sys
import tempfile
import traceback

from drive import Driver

ovctl, plugin_dirs = os.path.abspath(sys.argv[1]), sys.argv[2:]
server_dir = os.environ.get("OV_TEST_PG_DIR")
if server_dir is None:
    print("# skipped: OV_TEST_PG_DIR names no server (scripts/pg run COMMAND...)")
    sys.exit(77)
with open(os.path.join(server_dir, "server"), encoding="utf-8") as file:
    server = dict(line.rstrip("\n").split("=", 1) for line in file)
folder = tempfile.mkdtemp(prefix="ov-ctl-init-")
driver = Driver(ovctl, folder, {"OV_PLUGIN_PATH": ":".join(plugin_dirs)})
DATABASE = "ovinit"
passed, failed = 0, 0


def psql(sql, database=DATABASE, *options):
    done = subprocess.run(
        [server["bin"] + "/psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h",
         server["run"] + "/s", "-p", server["port"], "-U", "postgres", "-d", database, *options],
        input=sql.encode(), env={**os.environ, "LD_LIBRARY_PATH": server["libraries"]},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    check(done.returncode == 0, sql[:200] + ": " + done.stderr.decode())
    return done.stdout.decode().strip()


def check(truth, text):
    if not truth:
        raise AssertionError(text)


def config(*lines):
    """A database of its own in which the role may do nothing but connect."""
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", "postgres")
    psql(f"CREATE DATABASE {DATABASE}", "postgres")
    url = f"postgresql://ov@/{DATABASE}?host={server['run']}/s&port={server['port']}"
    with open(os.path.join(folder, "ov.ini"), "w", encoding="utf-8") as out:
        out.write("[storage.vectordb]\nbackend = pgvector\ndimension = 4\n" + f"url = {url}\n" +
                  "".join(line + "\n" for line in lines))


def run(*words, status=0):
    answer = driver.pipe("-c", "ov.ini", *words)
    check(answer.status == status, f"{words}: {answer.status}: {answer.out}{answer.err}")
    return answer.out


def whole(ddl):
    config("ddl = " + ddl)
    run("init", status=1)
    run("doctor", status=1)
    sql = run("init", "--dry-run")
    check(psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'openviking'") == "0",
          "a dry run makes nothing")
    for part in ("CREATE EXTENSION", "CREATE SCHEMA", '"ov_collections"', '"context"',
                 "CREATE INDEX", "INSERT INTO"):
        check(part in sql, part)
    listed = json.loads(run("--json", "init", "--dry-run"))["statements"]
    check(len(listed) == sql.count(";\n"), "the same in JSON")
    psql(sql)
    run("doctor")
    check("nothing was missing" in run("init"), "init after the file")
    check(run("init", "--dry-run") == "-- nothing is missing\n", "dry run after the file")
    with open(os.path.join(folder, "one.jsonl"), "w", encoding="utf-8") as out:
        out.write('{"id":"a","uri":"/a","vector":[1,0,0,0],"abstract":"x"}\n')
    run("import", "one.jsonl")
    check('"count":1' in run("--json", "count"), "a record is in")
    return sql


def file_of_a_dry_run_is_all_that_a_role_without_ddl_lacks():
    sql = whole("off")
    check(" OWNER TO " not in sql, sql)
    psql("DROP INDEX openviking.\"" + psql(
        "SELECT relname FROM pg_class WHERE relname LIKE 'context#default#h#%'") + '"')
    answer = run("doctor", status=1)
    check("no index context#default#h#" in answer and "CREATE INDEX CONCURRENTLY" in answer,
          answer)
    run("init", status=1)
    psql(run("init", "--dry-run"))
    run("doctor")
    check("nothing was missing" in run("init"), "init after the second file")


def file_of_a_dry_run_gives_a_role_that_makes_things_what_it_goes_on_with():
    sql = whole("auto")
    check(" OWNER TO " in sql, sql)
    psql("DROP TABLE openviking.context")
    run("doctor", status=1)
    check("created table" in run("init"), "the role makes its table again")
    run("doctor")


def what_is_refused_comes_with_the_whole_sql():
    config()
    answer = run("init", status=1)
    lines = answer.split("\n")
    check(lines[0] == "an administrator must run:", answer)
    psql("\n".join(lines[1:]))
    run("doctor")
    check("nothing was missing" in run("init"), "init after what was said")


def a_collection_that_lost_its_row_is_taken_back_by_what_is_said_and_said_once():
    whole("auto")
    psql("DELETE FROM openviking.ov_collections")
    answer = run("init", status=1)
    lines = answer.split("\n")
    check(answer.count("INSERT INTO") == 1, answer)
    psql("\n".join(lines[1:]))
    run("doctor")
    check('"count":1' in run("--json", "count"), "the record is still there")


TESTS = [a_collection_that_lost_its_row_is_taken_back_by_what_is_said_and_said_once,
         file_of_a_dry_run_is_all_that_a_role_without_ddl_lacks,
         file_of_a_dry_run_gives_a_role_that_makes_things_what_it_goes_on_with,
         what_is_refused_comes_with_the_whole_sql]

for test in TESTS:
    try:
        test()
        passed += 1
    except Exception as error:  # noqa: BLE001: whatever it is, the test has failed
        failed += 1
        print(f"FAILED {test.__name__}: {error}")
        if not isinstance(error, AssertionError):
            traceback.print_exc()
psql(f"DROP DATABASE IF EXISTS {DATABASE}", "postgres")
subprocess.run(["rm", "-rf", folder], check=False)
print(f"# test_init: {passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
