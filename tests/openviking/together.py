# SPDX-License-Identifier: Apache-2.0
"""Two server processes on one workspace and one PostgreSQL.

"At once" is: in the first request to the one after the other has answered, with no waiting in
between. What both share besides the store are OpenViking's files in the workspace.
"""

from scenario import LIBRARY, count, expect, hits, records

QUESTION = "compress a file to make it smaller"
GZIP = f"{LIBRARY}/utils/gzip"


def same(one, other):
    a, b = records(one), records(other)
    expect("both show the same records", a == b, sorted(set(a) ^ set(b)))
    return a


def first_hit(client):
    found = hits(client.find(QUESTION, limit=3))
    return found[0][0] if found else None


def finish(*clients):
    """Until no folder is locked by what writes its overview again."""
    for client in clients:
        client.wait_processed()


def writes_are_seen(one, other, add):
    """Adds, writes, tags, moves and removes on the one side, each looked at from the other."""
    here, there = one.client(), other.client()
    add(here)
    expect("an added document is found", first_hit(there) == f"{GZIP}/gzip.md", first_hit(there))
    whole = len(same(one, other))
    expect("and counted", count(other) == count(one) == whole, [count(other), count(one), whole])

    there.write(f"{GZIP}/gzip.md", "# gzip\n\nA bell that rings in a tower.\n", wait=True)
    text = hits(here.find("a bell in a tower", limit=1))
    expect("what the other wrote is found", text and text[0][0] == f"{GZIP}/gzip.md", text)

    there.set_tags(f"{LIBRARY}/vcs/git/git.md", ["from=there"])
    options = {"tags": ["from=there"], "score_threshold": -1.0}
    tagged = [hit[0] for hit in hits(here.find("history of a project", options=options))]
    expect("a tag is seen", tagged == [f"{LIBRARY}/vcs/git/git.md"], tagged)

    finish(here, there)
    here.mv(f"{LIBRARY}/utils", f"{LIBRARY}/moved")
    expect("a moved folder has left", count(other, f"{LIBRARY}/utils") == 0)
    arrived = [count(server, f"{LIBRARY}/moved") for server in (one, other)]
    expect("and has arrived", arrived[0] == arrived[1] > 20, arrived)

    finish(here, there)
    there.rm(f"{LIBRARY}/moved", recursive=True)
    expect("a removed folder is gone", count(one, f"{LIBRARY}/moved") == 0)
    finish(here, there)
    same(one, other)
    return whole


def both_write(one, other, folder):
    """Documents taken in by both at the same time: all of them are there, seen from both."""
    added = {}
    for server, name in ((one, "one"), (other, "other")):
        for number in range(4):
            text = folder / f"{name}-{number}.md"
            text.write_text(f"# {name} {number}\n\nNote {number} of the {name} server.\n")
            target = f"viking://resources/notes-{name}-{number}"
            server.client().add_resource(str(text), to=target, wait=False)
            added[target] = f"{target}/{name}-{number}.md 2"
    finish(one.client(), other.client())
    seen = same(one, other)
    missing = [target for target, record in added.items() if record not in seen]
    expect("every note is there", not missing, missing)
    return len(added)
