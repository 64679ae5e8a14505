# SPDX-License-Identifier: Apache-2.0
"""Two tenants of one store, and what one of them gets to see through the public search API."""

import json

import broken_filters

SECRET = "The secret plan of acme is to build a submarine out of glass."
OPEN = "The open plan of bolt is to paint a bridge in green."
# Where the words of acme stand; bolt has nothing of that name.
MARKS = ("acme", "submarine")


def settle(server, root, folder):
    """Makes both tenants, each with a document; their keys."""
    keys = {}
    for account, user, text in (("acme", "alice", SECRET), ("bolt", "bob", OPEN)):
        keys[account] = root.admin_create_account(account, user)["user_key"]
        document = folder / f"{account}.md"
        document.write_text(f"# Plan\n\n{text}\n")
        client = server.client(keys[account])
        client.add_resource(str(document), to=f"viking://resources/{account}-plan", wait=True)
    return keys


def find(server, key, wanted):
    body = {"query": "a submarine out of glass", "limit": 100, "score_threshold": -1.0}
    if wanted is not None:
        body["filter"] = wanted
    return server.post("/api/v1/search/find", body, key)


def shown(status, reply):
    """The texts of the hits; none where the server refused."""
    if status != 200:
        return []
    answer = reply["result"]
    kinds = ("memories", "resources", "skills")
    return [f"{hit['uri']} {hit['abstract']}" for kind in kinds for hit in answer[kind]]


def counted(server, key, wanted):
    status, reply = server.ask("/api/v1/debug/vector/count", key, filter=json.dumps(wanted))
    return reply["result"]["count"] if status == 200 else 0


def leaks(server, keys):
    """{name of the filter: what bolt saw of acme}, and how many filters were tried."""
    own = counted(server, keys["bolt"], {"op": "range", "field": "level", "gte": 0})
    found = {}
    filters = broken_filters.every()
    for name, wanted in filters.items():
        texts = shown(*find(server, keys["bolt"], wanted))
        foreign = [text for text in texts if any(mark in text for mark in MARKS)]
        number = counted(server, keys["bolt"], wanted)
        if number > own:
            foreign.append(f"counts {number} records of {own}")
        if foreign:
            found[name] = foreign[:2]
    return found, len(filters)


def sees_its_own(server, keys):
    """A search that works shows each tenant its document: the check above is not empty."""
    mine = shown(*find(server, keys["bolt"], broken_filters.GOOD))
    theirs = shown(*find(server, keys["acme"], broken_filters.GOOD))
    return any(OPEN in text for text in mine) and any(SECRET in text for text in theirs)
