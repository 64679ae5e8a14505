# SPDX-License-Identifier: Apache-2.0
"""What a user of OpenViking does in an hour, through its own client, written down as a report.

Adds a folder of documents and two sessions, waits for the queues, asks questions, greps,
lists, writes, moves, tags and removes. Whatever the store is, the report must be the same:
`play` asserts what can be known beforehand, and compare.py holds two reports together.
"""

import hashlib
from array import array

import documents

LIBRARY = "viking://resources/packages"
TOOLS = "viking://resources/tools"
USER = "reader"  # whose the sessions are

# A question and the document that must be the first hit.
QUESTIONS = {
    "compress a file to make it smaller": f"{LIBRARY}/utils/gzip/",
    "search for a text pattern in files": f"{LIBRARY}/utils/grep/",
    "pooling of connections to a database": f"{LIBRARY}/database/pgbouncer/",
    "an SQL database engine inside a library": f"{LIBRARY}/libdevel/libsqlite3-dev/",
    "which processes are running": f"{LIBRARY}/admin/procps/",
    "monitoring and alerting": f"{LIBRARY}/net/prometheus/",
    "reading JSON data in C": f"{LIBRARY}/libdevel/libjansson-dev/",
    "national language and country settings": f"{LIBRARY}/localization/",
}

TALKS = {
    "talk-about-mornings": [
        ("user", "I prefer dark roast coffee over tea in the morning."),
        ("assistant", "Then coffee it is."),
        ("user", "I prefer short answers over long explanations. Keep that in mind."),
    ],
    "talk-about-boats": [
        ("user", "Pemberton is a sailboat that belongs to my sister. She sails to Norway."),
        ("assistant", "A fine boat."),
        ("user", "Marguerite Duval is a violinist who plays in the harbour on Sundays."),
    ],
}

# As a client may send one: overviews below a folder.
RAW_FILTER = {
    "op": "and",
    "conds": [
        {"op": "range", "field": "level", "gte": 1, "lt": 2},
        {"op": "must", "field": "uri", "conds": [f"{LIBRARY}/devel"], "para": "-d=-1"},
    ],
}

MEMORIES = {
    "coffee in the morning": "preferences/user/dark_roast_coffee.md",
    "a boat with sails": "entities/sailboat/pemberton.md",
    "music played on a violin": "entities/violinist/marguerite_duval.md",
}


def expect(what, truth, seen=None):
    """An assertion that says what it saw."""
    if not truth:
        raise AssertionError(f"{what}; seen: {seen!r}" if seen is not None else what)


def digest(vector):
    return hashlib.sha256(array("f", vector).tobytes()).hexdigest()[:16]


def records(server, key=None, uri=None):
    """Every record of the caller's tenant by "uri level", without what a clock has made."""
    found, cursor = {}, None
    while True:
        words = {"limit": 1000, "cursor": cursor, "uri": uri}
        words = {name: value for name, value in words.items() if value}
        page = server.get("/api/v1/debug/vector/scroll", key, **words)
        for record in page["records"]:
            name = f"{record['uri']} {record['level']}"
            expect("a record comes once", name not in found, name)
            found[name] = canonical(record)
        cursor = page["next_cursor"]
        if not cursor or not page["records"]:
            return dict(sorted(found.items()))


KEPT = ("id", "uri", "level", "context_type", "abstract", "search_tags", "active_count")
KEPT += ("type", "name", "description", "tags", "account_id", "owner_user_id")


def canonical(record):
    kept = {name: record.get(name) for name in KEPT}
    kept["vector"] = digest(record["vector"])
    return kept


def hits(answer):
    """[uri, level, score] of a find's answer, best first."""
    found = []
    for kind in ("memories", "resources", "skills"):
        found += [[hit["uri"], hit["level"], hit["score"]] for hit in answer[kind]]
    return sorted(found, key=lambda hit: (-hit[2], hit[0], hit[1]))


def add_documents(client, folder):
    documents.write(folder / "packages")
    answer = client.add_resource(str(folder / "packages"), to=LIBRARY, wait=True)
    expect("the folder is added", answer["status"] == "success", answer)


def hold_talks(client):
    for talk, messages in TALKS.items():
        client.create_session(session_id=talk)
        for role, text in messages:
            client.add_message(talk, role, text)
        answer = client.commit_session(talk)
        expect("a session is committed", answer["status"] == "accepted", answer)


def wait(client):
    for name, queue in client.wait_processed().items():
        expect(f"queue {name} has no error", queue["error_count"] == 0, queue)


def ask(client, report, moved=False):
    for question, first in QUESTIONS.items():
        if moved:
            first = first.replace(f"{LIBRARY}/utils", TOOLS)
        found = hits(client.find(question, limit=5))
        report[question] = found
        expect(f"the answer to '{question}'", found and found[0][0].startswith(first), found)


def ask_narrowly(client, report):
    """Searches that filter: by place, kind, level, tag and time."""
    question = "a program for files"
    narrow = {
        "in a folder": {"target_uri": f"{LIBRARY}/utils"},
        "in two folders": {"target_uri": [f"{LIBRARY}/shells", f"{LIBRARY}/perl"]},
        "memories": {"options": {"context_type": "memory", "score_threshold": 0.0}},
        "abstracts": {"options": {"level": 0}},
        "files in a folder": {"target_uri": f"{LIBRARY}/devel", "options": {"level": [2]}},
        "tagged": {"options": {"tags": ["kind=tool"], "score_threshold": -1.0}},
        "of the last hour": {"options": {"since": "1h"}},
        "by a raw filter": {"options": {"filter": RAW_FILTER}},
    }
    for name, words in narrow.items():
        report[name] = hits(client.find(question, limit=8, **words))
        expect(f"'{name}' finds something", report[name])
    for folder, name in (("utils", "in a folder"), ("devel", "files in a folder")):
        there = all(hit[0].startswith(f"{LIBRARY}/{folder}") for hit in report[name])
        expect(f"'{name}' stays there", there, report[name])
    expect("only the tagged one", {h[0] for h in report["tagged"]} == {f"{LIBRARY}/vcs/git/git.md"})
    raw = report["by a raw filter"]
    expect("the raw filter is kept to", all(h[1] == 1 and "/devel" in h[0] for h in raw), raw)
    options = {"until": "2020-01-01"}
    expect("nothing is that old", not hits(client.find(question, limit=8, options=options)))


def look_around(client, server, report):
    matches = client.grep(LIBRARY, "database")["matches"]
    report["grep"] = sorted([m["uri"], m["line"], m["content"]] for m in matches)
    expect("grep finds more than five lines", len(report["grep"]) > 5)
    report["ls"] = sorted(entry["uri"] for entry in client.ls(LIBRARY))
    report["tree"] = sorted(entry["uri"] for entry in client.tree("viking://resources"))
    report["glob"] = sorted(client.glob("**/g*.md", "viking://resources")["matches"])
    report["memories"] = sorted(e["uri"] for e in client.tree(f"viking://user/{USER}/memories"))
    stats = server.get("/api/v1/stats/memories")
    report["stats"] = [stats["total_memories"], stats["by_category"]]
    expect("four memories", stats["total_memories"] >= 4, stats)
    report["count"] = count(server)


def count(server, uri=None):
    words = {"uri": uri} if uri else {}
    return server.get("/api/v1/debug/vector/count", **words)["count"]


def remember(client, report):
    for question, first in MEMORIES.items():
        found = hits(client.find(question, limit=3, options={"context_type": "memory"}))
        report[question] = found
        expect(f"the memory of '{question}'", found and found[0][0].endswith(first), found)


def change(client, server):
    """Moves a folder, removes one and a file, and rewrites a file."""
    before = records(server, uri=f"{LIBRARY}/utils")
    expect("there is something to move", len(before) > 20, len(before))
    text = "# git\n\nKeeps the history of a garden in which tulips grow.\n"
    changes = (
        lambda: client.mv(f"{LIBRARY}/utils", TOOLS),
        lambda: client.rm(f"{LIBRARY}/devel", recursive=True),
        lambda: client.rm(f"{LIBRARY}/shells/dash/dash.md"),
        lambda: client.write(f"{LIBRARY}/vcs/git/git.md", text, mode="replace"),
    )
    for one in changes:
        one()
        wait(client)  # what writes an overview again holds the folder's lock
    after = records(server)
    for name, record in before.items():
        expect("a moved record has left", name not in after, name)
        moved = after.get(name.replace(f"{LIBRARY}/utils", TOOLS))
        expect("a moved record has arrived", moved, name)
        if record["level"] == 2:
            expect("with its vector", moved["vector"] == record["vector"], name)
    left = [name for name in after if "/devel" in name or "dash.md" in name]
    expect("what was removed is gone", not left, left)
    expect("nothing is counted there", count(server, f"{LIBRARY}/devel") == 0)


def play(server, client, folder):
    """The whole scenario; its report."""
    report = {"questions": {}, "narrow": {}, "changed": {}, "memories": {}, "listings": {}}
    add_documents(client, folder)
    hold_talks(client)
    wait(client)
    client.set_tags(f"{LIBRARY}/vcs/git/git.md", ["kind=tool"])
    report["records"] = records(server)
    ask(client, report["questions"])
    ask_narrowly(client, report["narrow"])
    remember(client, report["memories"])
    look_around(client, server, report["listings"])
    change(client, server)
    report["records after changes"] = records(server)
    questions = {k: v for k, v in QUESTIONS.items() if "/utils/" in v}
    ask(client, report["changed"], moved=True)
    found = hits(client.find("tulips in a garden", limit=5))
    report["changed"]["tulips in a garden"] = found
    expect("the new text is found", found[0][0] == f"{LIBRARY}/vcs/git/git.md", found)
    return report
