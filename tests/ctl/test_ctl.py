# SPDX-License-Identifier: Apache-2.0
"""The operator's command as an operator sees it.

test_ctl.py OVCTL GOLDEN PLUGIN_DIR... [--update]: golden outputs in GOLDEN are compared,
or written anew.
"""
import contextlib
import json
import os
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import traceback

from drive import Driver, without_bar

MARKER = "marker-of-a-secret-7f3a"
args = [word for word in sys.argv[1:] if word != "--update"]
update = "--update" in sys.argv
ovctl, golden_dir, plugin_dirs = os.path.abspath(args[0]), args[1], args[2:]
# Crashing and hanging providers are looked at by the tests that are about them.
plugin_path = ":".join(path for path in plugin_dirs if not path.endswith(("zoo", "ctl")))
folder = tempfile.mkdtemp(prefix="ov-ctl-")
driver = Driver(ovctl, folder, {"OV_PLUGIN_PATH": plugin_path})
passed, failed = 0, 0
# A shell's background job begins with the signal ignored, and whatever it starts would.
signal.signal(signal.SIGINT, signal.default_int_handler)

RECORDS = [
    {"id": "a", "uri": "/docs/a", "vector": [1, 0, 0, 0], "abstract": "first record",
     "level": 1, "sparse_vector": {"fox": 2, "dog": 1}, "search_tags": ["k=v", "x"],
     "created_at": "2026-01-02T03:04:05.678Z"},
    {"id": "b", "uri": "/docs/b", "vector": [0, 1, 0, 0], "level": 2,
     "abstract": "second record, with 世界 and an abstract that is longer than a line of a "
                 "terminal can be", "content": "socket address"},
    {"id": "-c", "uri": "/other/c", "vector": [0.5, 0.5, 0, 0], "level": 2,
     "abstract": "third\nrecord\x1b[31m"},
]
IN_DOCS = '{"op":"must","field":"uri","conds":["/docs"],"para":"-d=1"}'
NATIVE = "[storage.vectordb]\nbackend = native\npath = ./%s\ndimension = 4\nsparse_weight = 0.25\n"


def write(name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


def lines(records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def check(truth, text):
    if not truth:
        raise AssertionError(text)


def equal(have, want, text=""):
    check(have == want, f"{text}: {have!r} instead of {want!r}")


def ok(answer):
    check(answer.status == 0, f"status {answer.status}: {answer.out}{answer.err}")
    return answer


def store(name, filled=True):
    """A native store of its own, in a folder of that name."""
    write(name + ".ini", NATIVE % name)
    ok(driver.pipe("-c", name + ".ini", "init"))
    if filled:
        write("records.jsonl", lines(RECORDS))
        ok(driver.pipe("-c", name + ".ini", "import", "records.jsonl"))
    return ("-c", name + ".ini")


def answer_of(*words, status=0, **more):
    """The one object that --json prints, and nothing beside it."""
    answer = driver.pipe("--json", *words, **more)
    equal(answer.status, status, " ".join(words) + " " + answer.out)
    equal(answer.err, "", "standard error")
    check(answer.out.endswith("\n") and answer.out.count("\n") == 1, answer.out)
    value = json.loads(answer.out)
    check(isinstance(value, dict), answer.out)
    return value


def error_of(*words, status=1, **more):
    value = answer_of(*words, status=status, **more)
    error = value["error"]
    check({"code", "message", "where"} <= set(error), value)
    check(error["message"] and "\n" not in error["message"], value)
    return error


# ------------------------------------------------------------------------- golden

def tame(text):
    """What differs from run to run and from machine to machine."""
    text = without_bar(text)
    for path in sorted(plugin_dirs, key=len, reverse=True):
        text = text.replace(path, "PLUGINS")
    text = text.replace(folder, "FOLDER")
    text = re.sub(r"in \d+\.\d s", "in N s", text)
    text = re.sub(r"SQLite \d+\.\d+\.\d+", "SQLite N", text)
    return re.sub(r'("seconds":)[0-9.e-]+', r"\1N", text)


def compare(name, commands):
    """Each command through a pipe and on a terminal, against the stored file."""
    text = ""
    for words, prepare in commands:
        for way in ("pipe", "terminal"):
            prepare()
            answer = driver.pipe(*words) if way == "pipe" else driver.terminal(*words)
            text += f"$ ovctl {tame(' '.join(words))}    ({way})\n{tame(answer.out)}"
            text += "".join(f"! {line}\n" for line in tame(answer.err).splitlines())
            text += f"-> {answer.status}\n"
    path = os.path.join(golden_dir, name + ".txt")
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return
    with open(path, encoding="utf-8") as file:
        want = file.read()
    if text != want:
        with open(os.path.join(folder, "have"), "w", encoding="utf-8") as file:
            file.write(text)
        shown = subprocess.run(["diff", "-u", path, os.path.join(folder, "have")],
                               stdout=subprocess.PIPE, check=False).stdout.decode()
        raise AssertionError("not as stored:\n" + shown)


def nothing():
    pass


def each_command_prints_what_is_stored():
    config = store("golden")

    def again():
        write("records.jsonl", lines(RECORDS))
        ok(driver.pipe(*config, "import", "records.jsonl"))

    compare("ask", [((*config, *words), nothing) for words in (
        ("count",), ("count", "--group-by", "level"), ("count", "--filter", IN_DOCS),
        ("get", "a", "nobody"), ("get", "--fields", "uri,level", "a", "b"),
        ("search", "--vector", "[1,0,0,0]"),
        ("search", "--vector", "[1,0,0,0]", "--fields", "uri,abstract", "--limit", "2"),
        ("search", "--vector-of", "a", "--filter", IN_DOCS, "--exact", "--fields", "uri"),
        ("search", "--vector", "[1,0,0,0]", "--sparse", '{"fox":1}', "--fields", "uri"),
        ("search", "--text", "socket address", "--fields", "uri,content"),
        ("search", "--vector", "[1,0,0,0]", "--filter",
         '{"op":"must","field":"level","conds":[7]}'),
        ("scan",), ("scan", "--order-by", "level", "--desc", "--fields", "level,uri"),
        ("scan", "--limit", "1", "--offset", "1", "--fields", "uri"),
        ("explain", "--filter", IN_DOCS),
        ("export",))])
    # What a provider says in its own words is seen on the one that never changes.
    write("memory.ini", "[storage.vectordb]\nbackend = memory\ndimension = 4\n")
    memory = [path for path in plugin_dirs if path.endswith("providers")][0]
    compare("plugins", [(words, nothing) for words in (
        ("--version",), ("--help",), ("search", "--help"),
        ("--plugin-path", memory, "plugins", "show", "memory"))])
    compare("init", [(("-c", "memory.ini", *words), nothing) for words in (
        ("init",), ("doctor",), ("act", "doctor"), ("act", "nope"))])
    compare("exists", [((*config, "init"), nothing), ((*config, "init", "--dim", "8"), nothing)])
    compare("change", [((*config, "import", "records.jsonl"), nothing),
                       ((*config, "delete", "a", "nobody"), again),
                       ((*config, "delete", "--filter", IN_DOCS), again),
                       ((*config, "export", "out.jsonl"), again)])
    compare("errors", [(words, nothing) for words in (
        (), ("serach",), ("search",), ("count", "--limit", "3"), ("get",),
        (*config, "count", "--filter", '{"op":"nope"}'), (*config, "count", "--filter", "{"),
        (*config, "search", "--vector", "[1,0]"), (*config, "search", "--vector", '["x"]'),
        (*config, "get", "--fields", "a,,b", "x"), ("-c", "none.ini", "count"),
        (*config, "--profile", "x", "count"),
        (*config, "import", "none.jsonl"), (*config, "delete", "--filter", "{}"))])


def init_says_what_it_did():
    write("init.ini", NATIVE % "init-new")
    answer = answer_of("-c", "init.ini", "init")
    equal(sorted(answer), ["actions", "collection", "created"])
    equal((answer["collection"], answer["created"]), ("context", True))
    check(answer["actions"], answer)
    answer = answer_of("-c", "init.ini", "init")
    equal((answer["created"], answer["actions"]), (False, []))
    error = error_of("-c", "init.ini", "init", "--dim", "8")
    equal(error["code"], "OV_EXISTS")
    check("8" in error["message"] and "4" in error["message"], error)
    error = error_of("-c", "init.ini", "init", "--distance", "l2")
    equal(error["code"], "OV_EXISTS")


def init_takes_a_schema_from_a_file():
    write("schema.ini", "[storage.vectordb]\nbackend = native\npath = ./schema\ntable = t\n")
    write("schema.json", json.dumps({"CollectionName": "other", "Fields": [
        {"FieldName": "n", "FieldType": "int64", "IsPrimaryKey": True},
        {"FieldName": "v", "FieldType": "vector", "Dim": 4}]}))
    answer = answer_of("-c", "schema.ini", "init", "--schema", "schema.json",
                       "--distance", "ip")
    equal(answer["collection"], "t")
    write("n.jsonl", lines([{"n": 7, "v": [1, 2, 3, 4]}, {"n": -7, "v": [0, 0, 0, 1]}]))
    ok(driver.pipe("-c", "schema.ini", "import", "n.jsonl"))
    answer = answer_of("-c", "schema.ini", "get", "7", "8", "x", status=1)
    equal(answer["records"], [{"n": 7, "v": [1, 2, 3, 4]}])
    equal(answer["missing"], ["8", "x"])
    answer = answer_of("-c", "schema.ini", "search", "--vector", "[1,0,0,0]")
    equal(answer["hits"], [{"id": 7, "score": 1.0, "fields": {"n": 7}},
                           {"id": -7, "score": 0.0, "fields": {"n": -7}}])
    equal(answer_of("-c", "schema.ini", "delete", "--", "-7"), {"deleted": 1})
    write("broken.json", "{\n\"Fields\": [}\n")
    error = error_of("-c", "schema.ini", "init", "--schema", "broken.json")
    check(error["where"].startswith("broken.json: line 2"), error)
    error = error_of("-c", "schema.ini", "init", "--schema", "none.json")
    equal(error["code"], "OV_NOT_FOUND")
    error_of("-c", "schema.ini", "init", status=2)


def every_json_answer_has_its_shape():
    config = store("shapes")
    answer = answer_of(*config, "search", "--vector", "[1,0,0,0]")
    equal(list(answer), ["hits"])
    equal([hit["id"] for hit in answer["hits"]], ["a", "-c", "b"])
    for hit in answer["hits"]:
        equal(list(hit), ["id", "score", "fields"])
        check("vector" not in hit["fields"] and "abstract" in hit["fields"], hit)
    answer = answer_of(*config, "scan", "--order-by", "level")
    equal([hit["score"] for hit in answer["hits"]], [1.0, 2.0, 2.0])
    answer = answer_of(*config, "scan", "--fields", "uri")
    equal([(hit["id"], hit["score"]) for hit in answer["hits"]],
          [("-c", None), ("a", None), ("b", None)])
    answer = answer_of(*config, "get", "b", "nobody", "a", status=1)
    equal(list(answer), ["records", "missing"])
    equal([record["id"] for record in answer["records"]], ["b", "a"])
    equal(answer["records"][1]["created_at"], "2026-01-02T03:04:05.678Z")
    equal(answer["missing"], ["nobody"])
    equal(answer_of(*config, "count"), {"count": 3})
    equal(answer_of(*config, "count", "--group-by", "level"), {"groups": {"1": 1, "2": 2}})
    answer = answer_of(*config, "explain", "--filter", IN_DOCS)
    equal((list(answer), answer["notes"]), (["filter", "notes"], []))
    check(answer["filter"]["op"] == "path", answer)
    answer = answer_of(*config, "explain", "search", "--vector", "[1,0,0,0]")
    check(answer["filter"] is None and answer["notes"], answer)
    for note in answer["notes"]:
        equal(list(note), ["name", "text"])
    answer = answer_of(*config, "doctor")
    equal((list(answer), answer["ok"]), (["ok", "checks"], True))
    for one in answer["checks"]:
        equal(list(one), ["name", "ok", "detail", "remedy"])
    answer = answer_of(*config, "act", "stats")
    for note in answer["notes"]:
        equal(list(note), ["kind", "name", "text", "remedy"])
    answer = answer_of(*config, "import", "records.jsonl")
    equal((sorted(answer), answer["imported"]), (["imported", "seconds"], 3))
    answer = answer_of(*config, "export", "out.jsonl")
    equal((sorted(answer), answer["exported"]), (["exported", "seconds"], 3))
    equal(answer_of(*config, "delete", "a", "nobody"), {"deleted": 1})
    equal(answer_of(*config, "delete", "--filter", IN_DOCS), {"deleted": 1})
    equal(list(answer_of("--version")), ["version"])
    equal(list(answer_of("--help")), ["usage"])


def plugins_are_listed_with_their_verdicts():
    answer = answer_of("plugins")
    names = {one["name"]: one for one in answer["plugins"] if one["status"] == "usable"}
    check({"native", "memory"} <= set(names), answer)
    for one in answer["plugins"]:
        check({"name", "version", "path", "abi", "status", "verdict", "reason", "remedy"} <=
              set(one), one)
        check(one["status"] in ("usable", "refused", "ignored"), one)
        check(one["verdict"].startswith("OV-"), one)
    equal(names["memory"]["abi"], "1.0")
    answer = answer_of("plugins", "show", "native")
    equal(sorted(answer), ["aliases", "can", "name", "options", "version"])
    for option in answer["options"]:
        check({"name", "kind", "default", "required", "text"} <= set(option), option)
    check("path" in [option["name"] for option in answer["options"]], answer)
    check("native" in ok(driver.pipe("plugins")).out, "native is in the list")
    check("OV-LOAD-OK" in ok(driver.pipe("plugins", "--explain")).out, "a verdict")
    check("path" in ok(driver.pipe("plugins", "show", "native")).out, "an option")
    error = error_of("plugins", "show", "nativ")
    equal(error["code"], "OV_NOT_FOUND")


def provider_that_crashes_is_a_verdict():
    zoo = [path for path in plugin_dirs if path.endswith("zoo")][0]
    answer = answer_of("--plugin-path", zoo, "plugins")
    by_name = {os.path.basename(one["path"]): one for one in answer["plugins"]}
    one = by_name["libov_backend_crash.so"]
    equal((one["status"], one["verdict"]), ("refused", "OV-LOAD-CRASHED"))
    check("signal" in one["reason"], one)
    check(by_name["libov_backend_good.so"]["status"] == "usable", "the others go on")
    error = error_of("--plugin-path", zoo, "plugins", "show", "crash")
    check("OV-LOAD-CRASHED" in error["message"], error)


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def probes(path):
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and
            f"--probe\0{path}\0" in command_line(pid)]


def constructors_are_met_by_a_child_alone():
    faults = [path for path in plugin_dirs if path.endswith("ctl")][0]
    began = time.monotonic()
    answer = answer_of("--plugin-path", faults, "plugins")
    check(time.monotonic() - began < 60, "a provider that hangs is ended")
    by_name = {os.path.basename(one["path"]): one for one in answer["plugins"]}
    for name, verdict, reason in (
            ("hangs", "OV-LOAD-CRASHED", "did not end within"),
            ("ends", "OV-LOAD-CRASHED", "with status 0"),
            ("prints", "OV-LOAD-GET-FAILED", "nothing is here")):
        one = by_name[f"libov_backend_{name}.so"]
        equal((one["status"], one["verdict"]), ("refused", verdict), one)
        check(reason in one["reason"], one)
    limit = time.monotonic() + 10
    while time.monotonic() < limit and probes(faults):
        pass  # killed, and on the way out
    equal(probes(faults), [], "children that are still there")


def relative_plugin_path_counts_from_where_it_is_typed():
    there = os.path.relpath(plugin_dirs[0], os.path.realpath(folder))
    answer = answer_of("--plugin-path", there, "plugins", env={"OV_PLUGIN_PATH": ""})
    check(any(one["status"] == "usable" for one in answer["plugins"]), answer)


def wrong_usage_is_status_2():
    cases = [(), ("nope",), ("--nope", "count"), ("count", "--limit"), ("count", "x"),
             ("count", "--limit", "3"), ("search",), ("search", "--text", "a", "--vector", "[]"),
             ("search", "--vector", "[]", "--vector-of", "a"), ("get",), ("delete",),
             ("delete", "a", "--filter", "{}"), ("import",), ("import", "a", "b"), ("act",),
             ("export", "a", "b"), ("plugins", "x"), ("plugins", "show"), ("doctor", "x"),
             ("plugins", "show", "a", "--explain"), ("init", "--dim", "4", "--schema", "f"),
             ("init", "--distance", "cosin"), ("explain",), ("explain", "delete"),
             ("explain", "count", "--vector", "[]"), ("count", "--json=1"), ("scan", "--desc=1"),
             ("count", "--filter", "{}", "--filter", "{}"), ("scan", "--vector", "[]")]
    write("usage.ini", NATIVE % "usage")
    for number in ("x", "1.5", "", "1e3", " 1"):
        cases.append(("-c", "usage.ini", "scan", "--limit", number))
        cases.append(("-c", "usage.ini", "scan", "--offset=" + number))
        cases.append(("-c", "usage.ini", "init", "--dim", number))
    cases.append(("-c", "usage.ini", "init", "--dim", "4", "--sparse-weight", "0,5"))
    for words in cases:
        equal(error_of(*words, status=2)["code"], "OV_USAGE", words)
        answer = driver.pipe(*words)
        equal((answer.status, answer.out), (2, ""), words)
        check(answer.err.startswith("ovctl: ") and answer.err.count("\n") == 1, answer.err)
    check(not os.path.exists(os.path.join(folder, "usage")), "nothing was made")


def numbers_out_of_range_are_the_operations_failure():
    config = store("range")
    for words in (("search", "--vector", "[1,0,0,0]", "--limit", "-1"),
                  ("search", "--vector", "[1,0,0,0]", "--offset", "-1"),
                  ("scan", "--limit", "-1"), ("scan", "--offset=-1"), ("init", "--dim", "0"),
                  ("init", "--dim=-4"), ("init", "--sparse-weight=-1"),
                  ("search", "--vector", "[1e39,0,0,0]"), ("search", "--vector", "[]"),
                  ("search", "--vector", "{}"), ("search", "--vector", "[1,0,0]")):
        equal(error_of(*config, *words)["code"], "OV_INVALID", words)
    equal(answer_of(*config, "search", "--vector", "[1,0,0,0]", "--limit", "0"), {"hits": []})


def file_that_others_may_write_is_not_obeyed():
    write("open.ini", NATIVE % "open")
    os.chmod(os.path.join(folder, "open.ini"), 0o666)
    for words in (("count",), ("plugins",), ("doctor",)):
        error = answer_of("-c", "open.ini", *words, status=1) if words == ("doctor",) else \
            {"error": error_of("-c", "open.ini", *words)}
        check("has mode 0666: everybody may write it" in json.dumps(error), error)
    os.chmod(os.path.join(folder, "open.ini"), 0o644)
    equal(error_of("-c", "open.ini", "count")["code"], "OV_NOT_FOUND")


def errors_say_where():
    config = store("where")
    write("bad.ini", "[storage.vectordb]\nbackend = native\nptah = ./x\n")
    equal(error_of("-c", "bad.ini", "count")["where"], "bad.ini:3")
    check("did you mean 'path'" in error_of("-c", "bad.ini", "count")["message"], "a hint")
    error = error_of(*config, "count", "--filter",
                     '{"op":"and","conds":[{"op":"must","field":"level","conds":[1]},'
                     '{"op":"nope"}]}')
    equal(error["where"], "/conds/1/op")
    check("--filter" in error_of(*config, "count", "--filter", "{")["where"], "a place")
    equal(error_of(*config, "search", "--vector", "[1,0")["where"], "--vector line 1")
    error = error_of("count", env={"OV_CONFIG": ""})
    equal((error["code"], "-c" in error["message"]), ("OV_NOT_FOUND", True))
    equal(error_of("-c", "none.ini", "count")["code"], "OV_NOT_FOUND")
    equal(error_of(*config, "search", "--vector-of", "nobody")["code"], "OV_NO_RECORD")


def import_checks_the_whole_file_before_it_writes():
    config = store("import", filled=False)
    good = [{"id": f"r{i}", "vector": [1, 0, 0, i]} for i in range(1200)]
    write("bad.jsonl", lines(good) + lines([{"id": "z", "vector": [1, 0, 0]}]))
    value = answer_of(*config, "import", "bad.jsonl", status=1)
    equal(value["imported"], 0)
    equal(value["error"]["where"], "bad.jsonl:1201 vector")
    equal(answer_of(*config, "count"), {"count": 0})
    for text, where in (('{"id":"a","vector":[1,0,0,0]}\n\n[1]\n', "bad.jsonl:3"),
                        ('{"id":"a"\n', "bad.jsonl:1"), ("nonsense", "bad.jsonl:1"),
                        ('{"vector":[1,0,0,0]}\n', "bad.jsonl:1 id"),
                        ('{"id":"a","vector":[1,0,0,0],"nope":1}\n', "bad.jsonl:1 nope"),
                        ('{"id":"a","vector":[1,0,0,0],"level":"x"}\n', "bad.jsonl:1 level")):
        write("bad.jsonl", text)
        value = answer_of(*config, "import", "bad.jsonl", status=1)
        equal((value["error"]["where"], value["imported"]), (where, 0), text)
    equal(answer_of(*config, "count"), {"count": 0})
    write("good.jsonl", "\n" + lines(good).rstrip("\n"))
    equal(answer_of(*config, "import", "good.jsonl")["imported"], 1200)
    equal(answer_of(*config, "count"), {"count": 1200})


def import_from_a_pipe_stops_at_the_first_bad_batch():
    config = store("pipe", filled=False)
    good = [{"id": f"r{i}", "vector": [1, 0, 0, i]} for i in range(1200)]
    text = lines(good) + lines([{"id": "z", "vector": "x"}])
    value = answer_of(*config, "import", "-", status=1, stdin=text.encode())
    equal(value["imported"], 1000)
    equal(value["error"]["where"], "standard input:1201 vector")
    equal(answer_of(*config, "count"), {"count": 1000})
    answer = driver.pipe(*config, "import", "-", stdin=text.encode())
    check(answer.err.endswith("; 1000 records are in\n"), answer.err)


def export_gives_what_import_takes():
    config = store("out")
    other = store("back", filled=False)
    text = ok(driver.pipe(*config, "export")).out
    equal(text.count("\n"), 3)
    ok(driver.pipe(*other, "import", "-", stdin=text.encode()))
    equal(ok(driver.pipe(*other, "export")).out, text)
    ok(driver.pipe(*config, "export", "file.jsonl"))
    with open(os.path.join(folder, "file.jsonl"), encoding="utf-8") as file:
        equal(file.read(), text)
    error = error_of(*config, "export", "none/file.jsonl")
    equal(error["code"], "OV_INVALID")
    error_of(*config, "export", status=2)
    left = [name for name in os.listdir(folder) if name.startswith("file.jsonl")]
    equal(left, ["file.jsonl"])


def export_goes_over_many_pages():
    config = store("pages", filled=False)
    good = [{"id": f"r{i:05}", "vector": [1, 0, 0, i]} for i in range(1500)]
    ok(driver.pipe(*config, "import", "-", stdin=lines(good).encode()))
    keys = [json.loads(line)["id"] for line in ok(driver.pipe(*config, "export")).out.splitlines()]
    equal(keys, [record["id"] for record in good])


def bar_is_drawn_on_a_terminal_only():
    config = store("bar", filled=False)
    write("many.jsonl", lines([{"id": f"r{i}", "vector": [1, 0, 0, i]} for i in range(1200)]))
    answer = driver.terminal(*config, "import", "many.jsonl")
    check("checking [" in answer.out and "importing [" in answer.out, answer.out)
    check(without_bar(answer.out).startswith("imported 1200 records"), answer.out)
    answer = driver.pipe(*config, "import", "many.jsonl")
    equal((answer.err, answer.out.count("\n")), ("", 1))
    answer = driver.terminal(*config, "import", "many.jsonl", env={"TERM": "dumb"})
    check("[" not in answer.out, answer.out)


def colours_obey_no_color():
    config = store("colour")
    words = (*config, "search", "--vector", "[1,0,0,0]")
    check("\033[1m" in driver.terminal(*words).out, "a terminal has colours")
    check("\033" not in driver.terminal(*words, env={"NO_COLOR": "1"}).out, "NO_COLOR")
    check("\033" not in driver.terminal(*words, env={"TERM": "dumb"}).out, "a dumb terminal")
    check("\033" not in driver.pipe(*words).out, "a pipe")
    check("\033[31m" not in driver.terminal(*words).out, "what a record holds is tamed")


def lines_fit_the_terminal():
    config = store("width")
    for columns in (20, 40, 80, 132):
        out = driver.terminal(*config, "search", "--vector", "[1,0,0,0]", columns=columns,
                              env={"NO_COLOR": "1"}).out
        for line in out.splitlines():
            wide = sum(2 if "\u4e00" <= c <= "\u9fff" else 1 for c in line)
            check(wide <= columns or "more columns" in line, f"{wide} of {columns}: {line}")
        check(not re.search(r" $", out, re.M), "blanks at the end of a line")


def closed_output_is_a_failure():
    config = store("closed")
    answer = driver.pipe(*config, "count", preexec_fn=lambda: os.close(1))
    equal(answer.status, 1)
    check("standard output" in answer.err, answer.err)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([ovctl, *config, "--json", "count"], cwd=folder, env=driver.env,
                              stdout=full, stderr=subprocess.PIPE, check=False)
    equal(done.returncode, 1)
    check(b"No space left" in done.stderr, done.stderr)
    read, write_end = os.pipe()
    os.close(read)
    done = subprocess.run([ovctl, *config, "export"], cwd=folder, env=driver.env,
                          stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    equal((done.returncode, done.stderr), (-signal.SIGPIPE, b""))


def reader_that_goes_away_ends_an_export_in_silence():
    config = store("head", filled=False)
    ok(driver.pipe(*config, "import", "-", stdin=lines(
        [{"id": f"r{i:04}", "vector": [1, 0, 0, i], "abstract": "x" * 1000} for i in range(1200)]).encode()))
    for ignored in (False, True):
        child = subprocess.Popen([ovctl, *config, "export"], cwd=folder, env=driver.env, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, restore_signals=not ignored)
        check(child.stdout.readline().startswith(b'{"id":"r0000"'), "the first line")
        child.stdout.close()
        err = child.stderr.read()
        child.stderr.close()
        # Whoever ignores SIGPIPE wants to be told, as by other commands.
        equal((child.wait(timeout=60), err.count(b"Broken pipe")), (1, 1) if ignored else (-signal.SIGPIPE, 0), err)
    # What went wrong before is not hidden by a reader that went as well.
    read, write_end = os.pipe()
    os.close(read)
    done = subprocess.run([ovctl, *config, "count", "--filter", "{"], cwd=folder, env=driver.env,
                          stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    equal(done.returncode, 1)
    check(b"--filter" in done.stderr, done.stderr)


def stop_an_import(number):
    config = store(f"interrupt{number}", filled=False)
    child = subprocess.Popen([ovctl, *config, "--json", "import", "-"], cwd=folder,
                             env=driver.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(lines([{"id": f"r{i}", "vector": [1, 0, 0, 1]}
                             for i in range(700)]).encode())
    child.stdin.flush()
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        # The writer holds the store; a reader beside it sees whole batches.
        if json.loads(driver.pipe("--json", *config, "count").out).get("count") == 500:
            break
    child.send_signal(number)
    out = child.communicate(timeout=60)[0]
    value = json.loads(out)
    equal((child.returncode, value["error"]["code"], value["error"]["message"], value["imported"]),
          (-number, "OV_CANCELLED", "cancelled", 500))


def interrupt_ends_an_import_and_says_how_far_it_is():
    stop_an_import(signal.SIGINT)


def kill_does_so_too():
    stop_an_import(signal.SIGTERM)


def what_an_interrupted_import_says_is_in_is_in():
    """Wherever the signal falls. On a busy machine it may come when all of them are in."""
    config = store("moments", filled=False)
    write("moments.jsonl", lines([{"id": f"r{i}", "vector": [1, 0, 0, 1]} for i in range(8000)]))
    ends = []
    for after in (0, 500, 2000, 4500):
        ok(driver.pipe(*config, "delete", "--filter", '{"op":"prefix","field":"id","prefix":"r"}'))
        child = subprocess.Popen([ovctl, *config, "import", "moments.jsonl"], cwd=folder, env=driver.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while child.poll() is None and answer_of(*config, "count")["count"] < after:
            pass
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        ends.append(child.returncode)
        check(ends[-1] == -signal.SIGINT or (ends[-1] == 0 and b"imported 8000 records" in out), (ends, out, err))
        said = re.search(rb"cancelled; (\d+) records are in|imported (\d+) records", err + out)
        check(said, out + err)
        equal(answer_of(*config, "count"), {"count": int(said[1] or said[2])}, err)
    check(-signal.SIGINT in ends, ends)


def signal_that_is_ignored_stays_ignored():
    config = store("ignored", filled=False)
    child = subprocess.Popen([ovctl, *config, "import", "-"], cwd=folder, env=driver.env, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    child.stdin.write(lines([{"id": f"r{i}", "vector": [1, 0, 0, 1]} for i in range(501)]).encode())
    child.stdin.flush()
    limit = time.monotonic() + 60
    while time.monotonic() < limit and answer_of(*config, "count")["count"] < 500:
        pass
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    equal((child.returncode, answer_of(*config, "count")["count"]), (0, 501))


def doctor_names_problem_and_remedy():
    write("sick.ini", NATIVE % "sick")
    answer = answer_of("-c", "sick.ini", "doctor", status=1)
    equal(answer["ok"], False)
    bad = [one for one in answer["checks"] if not one["ok"]]
    equal([one["name"] for one in bad], ["collection"])
    check("ovctl init" in bad[0]["remedy"], bad)
    for name, line, remedy in (("config", "distance = x\n", "INI file"),
                               ("provider", "", "plugins --explain"),
                               ("open", "nope = 1\n", "plugins show")):
        backend = "nobody" if name == "provider" else "native"
        write("sick.ini", f"[storage.vectordb]\nbackend = {backend}\n" +
              ("path = ./sick\n" if name != "provider" else "") + line)
        answer = answer_of("-c", "sick.ini", "doctor", status=1)
        last = answer["checks"][-1]
        equal((answer["ok"], last["name"], last["ok"]), (False, name, False))
        check(remedy in last["remedy"], last)
    store("well")
    write("well.ini", (NATIVE % "well").replace("dimension = 4", "dimension = 8"))
    answer = answer_of("-c", "well.ini", "doctor", status=1)
    equal([one["name"] for one in answer["checks"] if not one["ok"]], ["dimension"])
    write("well.ini", (NATIVE % "well") + "distance = l2\n")
    answer = answer_of("-c", "well.ini", "doctor", status=1)
    equal([one["name"] for one in answer["checks"] if not one["ok"]], ["distance"])


def reading_a_mistyped_path_makes_nothing():
    write("typo.ini", NATIVE % "tpyo/store")
    for words in (("doctor",), ("count",), ("get", "a"), ("scan",), ("export",), ("explain", "--filter", IN_DOCS),
                  ("search", "--vector", "[1,0,0,0]"), ("delete", "a"), ("act", "verify"), ("act", "stats"),
                  ("act", "backup", "copy.db"), ("export", "out.jsonl"), ("import", "records.jsonl")):
        answer = driver.pipe("-c", "typo.ini", *words)
        equal(answer.status, 1, words)
        check(f"{folder}/tpyo/store" in answer.out + answer.err, words)
        check(not os.path.exists(os.path.join(folder, "tpyo")), words)
    check(not os.path.exists(os.path.join(folder, "copy.db")), "no backup of nothing")
    ok(driver.pipe("-c", "typo.ini", "init"))
    check(os.path.exists(os.path.join(folder, "tpyo/store/store.db")), "init makes it")


def remedies_fit_a_store_in_files():
    store("held")
    child = subprocess.Popen([ovctl, "-c", "held.ini", "import", "-"], cwd=folder, env=driver.env,
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    os.mkdir(os.path.join(folder, "blocked"))
    with open(os.path.join(folder, "blocked", "store.db"), "w", encoding="utf-8") as file:
        file.write("no store")
    for name in ("held", "blocked", "held/store.db"):
        write("files.ini", NATIVE % name)
        text = driver.pipe("-c", "files.ini", "doctor").out
        check("database is running" not in text and "password" not in text, text)
    child.communicate(timeout=60)
    error = error_of("-c", "held.ini", "init", "--dry-run")
    equal(error["code"], "OV_UNSUPPORTED")


def doctor_sees_the_access_list_of_an_ini_file_behind_a_link():
    if "pgvector" not in [one["name"] for one in answer_of("plugins")["plugins"]]:
        return
    write("listed.ini", "[storage.vectordb]\nbackend = pgvector\ntimeout = 1s\n"
          "url = postgresql://u:p@%2Fnonexistent/db\n")
    # The owner, user 54321, the group, the mask, the others: acl(5) as the kernel keeps it.
    entries = [(1, 6, 2**32 - 1), (2, 4, 54321), (4, 0, 2**32 - 1), (16, 4, 2**32 - 1),
               (32, 0, 2**32 - 1)]
    try:
        os.setxattr(os.path.join(folder, "listed.ini"), "system.posix_acl_access",
                    struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in entries))
    except OSError:
        return  # a file system without access lists
    os.symlink("listed.ini", os.path.join(folder, "link.ini"))
    answer = answer_of("-c", "link.ini", "doctor", status=1)

    check("can be read by user 54321" in answer["checks"][2]["detail"], answer)


def doctor_names_a_readable_secret_while_the_server_is_away():
    if "pgvector" not in [one["name"] for one in answer_of("plugins")["plugins"]]:
        return
    write("away.pw", "x\n")
    os.chmod(os.path.join(folder, "away.pw"), 0o644)
    write("away.ini", "[storage.vectordb]\nbackend = pgvector\ntimeout = 1s\n"
          "url = postgresql://u@%2Fnonexistent/db\npassword_file = away.pw\n")
    answer = answer_of("-c", "away.ini", "doctor", status=1)

    equal([(one["name"], one["ok"]) for one in answer["checks"][2:]], [("secret", True), ("open", False)])
    check("away.pw' can be read by everybody; chmod go-r it" in answer["checks"][2]["detail"], answer)


def secret_is_printed_nowhere():
    providers = [one["name"] for one in answer_of("plugins")["plugins"]]
    if "pgvector" not in providers:
        return
    nowhere = f"postgresql://u:{MARKER}@%2Fnonexistent/db"
    for line in (f"url = {nowhere}", f"url = host=/nonexistent password={MARKER}",
                 f"url = {nowhere}\nurl_env = X", f"url = {nowhere}\npool_size = no",
                 f"url = {nowhere}\n{MARKER} = 1", f"url = {nowhere} ;x",
                 f"url = {nowhere}\n {MARKER}", f"url = \"{nowhere}", f"ulr = {nowhere}"):
        write("secret.ini", "[storage.vectordb]\nbackend = pgvector\ntimeout = 100ms\n" + line + "\n")
        for words in (("count",), ("doctor",), ("init", "--dim", "4"), ("plugins", "--explain")):
            driver.pipe("-c", "secret.ini", *words)
            driver.pipe("--json", "-c", "secret.ini", *words)
        driver.terminal("-c", "secret.ini", "doctor")


def global_options_stand_anywhere():
    config = store("anywhere")
    equal(json.loads(driver.pipe("count", "--json", *config).out), {"count": 3})
    equal(json.loads(driver.pipe("count", "--config=anywhere.ini", "--json").out), {"count": 3})
    equal(answer_of("count", env={"OV_CONFIG": "anywhere.ini"}), {"count": 3})
    write("ov.ini", NATIVE % "anywhere")
    equal(answer_of("count", env={"OV_CONFIG": ""}), {"count": 3})
    os.unlink(os.path.join(folder, "ov.ini"))
    equal(answer_of(*config, "get", "--", "-c")["missing"], [])


def missing_record_is_a_failure_of_get():
    config = store("missing")
    answer = driver.pipe(*config, "get", "--fields", "uri", "a", "nobody", "b", "no\x1bone")
    equal((answer.status, answer.out), (1, "uri: /docs/a\n\nuri: /docs/b\n"))
    equal(answer.err, "ovctl: there is no record 'nobody'\novctl: there is no record 'no?one'\n")
    equal(driver.pipe(*config, "get", "nobody").status, 1)
    equal(ok(driver.pipe(*config, "get", "a", "b")).err, "")


def field_that_nobody_has_is_refused():
    config = store("fields")
    for words in (("search", "--vector", "[1,0,0,0]"), ("search", "--text", "fox"), ("scan",), ("get", "a"),
                  ("explain", "search", "--vector", "[1,0,0,0]")):
        error = error_of(*config, *words, "--fields", "uri,nosuch")
        equal((error["code"], error["where"]), ("OV_INVALID", "--fields"), words)
        equal(error["message"], "no field 'nosuch' in collection 'context'", words)
    for words in (("scan", "--order-by", "nosuch"), ("count", "--group-by", "nosuch")):
        check("nosuch" in error_of(*config, *words)["message"], words)
    nobody = '{"op":"and","conds":[{"op":"range","field":"level","gte":0},{"op":"must_not","field":"levl","conds":[1]}]}'
    for words in (("count",), ("count", "--group-by", "level"), ("delete",), ("scan",), ("search", "--text", "fox"),
                  ("explain",), ("explain", "scan")):
        error = error_of(*config, *words, "--filter", nobody)
        equal((error["code"], error["where"], error["message"]),
              ("OV_INVALID", "--filter", "no field 'levl' in collection 'context'"), words)
    equal(answer_of(*config, "count"), {"count": 3})
    write("auto.ini", "[storage.vectordb]\nbackend = native\npath = ./auto\n")
    write("auto.json", json.dumps({"Fields": [{"FieldName": "v", "FieldType": "vector", "Dim": 4}]}))
    ok(driver.pipe("-c", "auto.ini", "init", "--schema", "auto.json"))
    equal(answer_of("-c", "auto.ini", "scan", "--fields", "AUTO_ID,v",
                    "--filter", '{"op":"must","field":"AUTO_ID","conds":[7]}'), {"hits": []})
    equal(answer_of(*config, "get", "a", "--fields", "id,vector")["records"], [{"id": "a", "vector": [1, 0, 0, 0]}])


def remedies_fit_a_store_without_a_server():
    config = store("noise")
    for name in ("store.db-wal", "store.db-shm"):
        check(not os.path.exists(os.path.join(folder, "noise", name)), name)
    write("noise/store.db", "this is a text, and no database, however one looks at it. " * 9)
    answer = driver.pipe(*config, "doctor")
    equal(answer.status, 1, answer.out)
    check("remedy: take a backup back: ovctl act restore FILE" in answer.out, answer.out)
    check("password" not in answer.out and "database is running" not in answer.out, answer.out)
    config = store("whole")
    ok(driver.pipe(*config, "act", "backup", "whole.copy"))
    os.replace(os.path.join(folder, "noise.ini"), os.path.join(folder, "again.ini"))
    said = ok(driver.pipe("-c", "again.ini", "act", "restore", "whole.copy")).out
    check("restored the store from" in said and "laid the old store aside as" in said, said)
    equal(answer_of("-c", "again.ini", "count"), {"count": 3})


def action_that_fails_says_what_it_found():
    config = store("damaged")
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "damaged/store.db"))) as db:
        db.execute("DELETE FROM f1x1_data WHERE id > 10")
        db.commit()
    answer = driver.pipe(*config, "act", "verify")
    equal(answer.status, 1, answer.out)
    check("PROBLEM context: " in answer.out and "\n  remedy: " in answer.out, answer.out)
    check(re.fullmatch(r"ovctl: \d+ problems? in '.*'\n", answer.err), answer.err)
    value = answer_of(*config, "act", "verify", status=1)
    equal(value["error"]["code"], "OV_CORRUPT")
    problems = [note for note in value["notes"] if note["kind"] == "problem"]
    check(problems and all(note["text"] and note["remedy"] for note in problems), value)


def paths_of_a_file_without_a_place_count_from_here():
    store("place")
    text = NATIVE % "place"
    for name in ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"):
        equal(answer_of("-c", name, "count", stdin=text.encode()), {"count": 3}, name)
    with open(os.path.join(folder, "place.ini"), "rb") as file:
        done = subprocess.run([ovctl, "-c", "/dev/stdin", "count"], cwd=folder, env=driver.env, stdin=file,
                              stdout=subprocess.PIPE, check=False)
    equal((done.returncode, done.stdout), (0, b"3\n"))


def vector_comes_from_a_file_or_standard_input():
    config = store("vector")
    write("vector.json", "[0, 1, 0,\n 0]\n")
    answer = answer_of(*config, "search", "--vector-file", "vector.json", "--limit", "1")
    equal(answer["hits"][0]["id"], "b")
    answer = answer_of(*config, "search", "--vector-file", "-", "--limit", "1", stdin=b"[1,0,0,0]")
    equal(answer["hits"][0]["id"], "a")
    equal(error_of(*config, "search", "--vector-file", "none")["code"], "OV_NOT_FOUND")


TESTS = [constructors_are_met_by_a_child_alone, each_command_prints_what_is_stored, init_says_what_it_did,
         init_takes_a_schema_from_a_file, every_json_answer_has_its_shape,
         plugins_are_listed_with_their_verdicts, provider_that_crashes_is_a_verdict,
         relative_plugin_path_counts_from_where_it_is_typed, wrong_usage_is_status_2,
         numbers_out_of_range_are_the_operations_failure, errors_say_where,
         file_that_others_may_write_is_not_obeyed,
         import_checks_the_whole_file_before_it_writes,
         import_from_a_pipe_stops_at_the_first_bad_batch, export_gives_what_import_takes,
         export_goes_over_many_pages, bar_is_drawn_on_a_terminal_only, colours_obey_no_color,
         lines_fit_the_terminal, closed_output_is_a_failure,
         reader_that_goes_away_ends_an_export_in_silence, missing_record_is_a_failure_of_get,
         field_that_nobody_has_is_refused, action_that_fails_says_what_it_found,
         remedies_fit_a_store_without_a_server, kill_does_so_too,
         what_an_interrupted_import_says_is_in_is_in, signal_that_is_ignored_stays_ignored,
         interrupt_ends_an_import_and_says_how_far_it_is, doctor_names_problem_and_remedy, remedies_fit_a_store_in_files,
         doctor_sees_the_access_list_of_an_ini_file_behind_a_link,
         doctor_names_a_readable_secret_while_the_server_is_away,
         reading_a_mistyped_path_makes_nothing, secret_is_printed_nowhere, global_options_stand_anywhere,
         paths_of_a_file_without_a_place_count_from_here, vector_comes_from_a_file_or_standard_input]


def marker_was_never_heard():
    for text in driver.heard:
        check(MARKER.encode() not in text, text)


for test in TESTS + [marker_was_never_heard]:
    try:
        test()
        passed += 1
    except Exception as error:  # noqa: BLE001: whatever it is, the test has failed
        failed += 1
        print(f"FAILED {test.__name__}: {error}")
        if not isinstance(error, AssertionError):
            traceback.print_exc()
subprocess.run(["rm", "-rf", folder], check=False)
print(f"# test_ctl: {passed} passed, {failed} failed, 0 skipped")
sys.exit(1 if failed else 0)
