# SPDX-License-Identifier: Apache-2.0
"""A server killed while it takes documents in, and a PostgreSQL that ends under one: in order,
by SIGKILL and by `immediate`. The latter two it survives by its log, so it is a durable one:
with synchronous_commit off it might lose what OpenViking was told is there.

Acknowledged is:
 1. a resource whose `add_resource(wait=True)` said success: all of its records;
 2. a record that the public API has shown once: that record, with its vector and its words;
 3. a resource that `add_resource(wait=False)` took: OpenViking keeps the work in a queue on
    disk and takes it up again after a start, so once the queues are done all of its records.
Nothing of it may be missing afterwards, and nothing may be there twice or be of no document.
"""

import time

import documents
import stores
from scenario import expect, records, wait

FIRST = "viking://resources/first"
SECOND = "viking://resources/second"
FEW = documents.PACKAGES[:6]
# While documents are taken in each call of the embedding model lasts this long, so that there
# is time to kill in; a real model is slower.
MODEL_SECONDS = 0.15
ENOUGH = 20
PATIENCE_SECONDS = 240


def names(packages, root):
    """"uri level" of every record that these documents have, folders' levels 0 and 1 included."""
    places, found = {root}, set()
    for package in packages:
        section = documents.describe(package)[0]
        places |= {f"{root}/{section}", f"{root}/{section}/{package}"}
        found.add(f"{root}/{section}/{package}/{package}.md 2")
    return found | {f"{place} {level}" for place in places for level in (0, 1)}


def of(server, root):
    """The records at and below a place."""
    below = (root + "/", root + " ")
    return {name: record for name, record in records(server).items() if name.startswith(below)}


def begin(server, folder, embed):
    """Six documents acknowledged as in 1, then all of them on their way."""
    client = server.client()
    documents.write(folder / "few", FEW)
    documents.write(folder / "many")
    client.add_resource(str(folder / "few"), to=FIRST, wait=True)
    first = of(server, FIRST)
    expect("the first documents are there", set(first) == names(FEW, FIRST), sorted(first))
    embed.delay = MODEL_SECONDS
    client.add_resource(str(folder / "many"), to=SECOND, wait=False)
    return client, first


def until_under_way(server, enough=ENOUGH):
    """Waits until so many of the second resource's records show; those that did."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        seen = of(server, SECOND)
        if len(seen) >= enough:
            return seen
        time.sleep(0.02)
    raise TimeoutError("no document was taken in")


def settled(server, client, first):
    """Waits for the queues and holds the result against what the documents must have."""
    wait(client)
    wanted = names(documents.PACKAGES, SECOND)
    until = time.monotonic() + PATIENCE_SECONDS
    while set(of(server, SECOND)) != wanted and time.monotonic() < until:
        time.sleep(0.5)
        wait(client)
    seen = of(server, SECOND)
    expect("no record is missing", wanted <= set(seen), sorted(wanted - set(seen)))
    expect("no record is too many", set(seen) <= wanted, sorted(set(seen) - wanted))
    expect("the first documents are unchanged", of(server, FIRST) == first)
    top = client.find("compress a file to make it smaller", target_uri=SECOND, limit=1)
    found = [hit["uri"] for hit in top["resources"]]
    expect("and found", found == [f"{SECOND}/utils/gzip/gzip.md"], found)


def is_still_there(server, seen):
    """What has been shown before a death is shown after it, its vectors as they were."""
    after = records(server)
    lost = [name for name in seen if name not in after]
    expect("nothing that was shown is lost", not lost, lost)
    changed = [n for n, r in seen.items() if after[n]["vector"] != r["vector"]]
    expect("nor its vector changed", not changed, changed)


def kill_while_taking_in(server, folder, embed):
    """kill -9, the same again, and what was seen is there; how much of it was under way."""
    client, first = begin(server, folder, embed)
    seen = until_under_way(server)
    server.kill()
    whole = len(names(documents.PACKAGES, SECOND))
    expect("the server died at work", len(seen) < whole, len(seen))
    embed.delay = 0
    server.start()
    client = server.client()
    is_still_there(server, {**first, **seen})
    settled(server, client, first)
    return len(seen), whole


def end_postgres_while_taking_in(server, embed, directory, modes):
    """The server of OpenViking stays up; its PostgreSQL goes and comes back, in each of the
    modes once. How much was there each time, of how much, and the longest absence."""
    client, first = begin(server, server.folder, embed)
    whole = len(names(documents.PACKAGES, SECOND))
    moments, away = [], 0.0
    for mode in modes:
        seen = until_under_way(server, (moments or [0])[-1] + ENOUGH)
        moments.append(len(seen))
        began = time.monotonic()
        stores.restart(directory, mode)
        away = max(away, time.monotonic() - began)
        expect(f"it went away by '{mode}' amid the work", len(seen) < whole, len(seen))
        is_still_there(server, {**first, **seen})
    embed.delay = 0
    settled(server, client, first)
    expect("the same process goes on", server.process.poll() is None)
    return moments, whole, away
