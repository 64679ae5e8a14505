# SPDX-License-Identifier: Apache-2.0
"""Filters that cannot be understood, one fault each, as a client may send them.

OpenViking's own engine drops a filter as a whole when any part of it fails to parse, the
tenant's condition included, and answers from everyone's records. A store has to fail closed.
"""

GOOD = {"op": "must", "field": "level", "conds": [2]}
TOO_LARGE = 2**63


def must(**words):
    return {"op": "must", "field": "level", **words}


FAULTS = {
    "an unknown op": {"op": "bogus"},
    "an op in capitals": {"op": "MUST", "field": "level", "conds": [2]},
    "an op that is a number": {"op": 7, "field": "level", "conds": [2]},
    "no op": {"field": "level", "conds": [2]},
    "no field": {"op": "must", "conds": [2]},
    "no conds": must(),
    "a float among the conds": must(conds=[2.0]),
    "a null among the conds": must(conds=[None]),
    "a list among the conds": must(conds=[[2]]),
    "an object among the conds": must(conds=[{"a": 1}]),
    "an integer beyond 64 bits": must(conds=[TOO_LARGE]),
    "integers and strings mixed": must(conds=[2, "two"]),
    "must_not with a float": {"op": "must_not", "field": "level", "conds": [1.5]},
    "and of nothing": {"op": "and", "conds": []},
    "or of nothing": {"op": "or", "conds": []},
    "and without conds": {"op": "and"},
    "an empty object inside and": {"op": "and", "conds": [GOOD, {}]},
    "an empty object inside or": {"op": "or", "conds": [GOOD, {}]},
    "a number inside and": {"op": "and", "conds": [GOOD, 1]},
    "a string inside or": {"op": "or", "conds": ["level"]},
    "a null inside or": {"op": "or", "conds": [GOOD, None]},
    "a list inside and": {"op": "and", "conds": [[GOOD]]},
    "conds of and that are an object": {"op": "and", "conds": {"op": "must"}},
    "a range without a bound": {"op": "range", "field": "level"},
    "a range with a null bound": {"op": "range", "field": "level", "gte": None},
    "a range with a bool bound": {"op": "range", "field": "level", "gte": True},
    "a range with a string bound": {"op": "range", "field": "level", "gte": "0"},
    "a range on a string field": {"op": "range", "field": "account_id", "gte": None},
    "a range_out without a bound": {"op": "range_out", "field": "level"},
    "a centre that is no list": {"op": "range", "field": "level", "center": 1, "radius": 5},
    "a para that is a number": {"op": "must", "field": "uri", "conds": ["/"], "para": 1},
    "a para without a number": {"op": "must", "field": "uri", "conds": ["/"], "para": "-d=all"},
    "a time_range on a text": {"op": "time_range", "field": "account_id", "gte": 0},
    "a time_range of no time": {"op": "time_range", "field": "created_at", "gte": "someday"},
    "contains without a substring": {"op": "contains", "field": "uri"},
    "contains of a number": {"op": "contains", "field": "uri", "substring": 1},
    "a prefix that is a number": {"op": "prefix", "field": "uri", "prefix": 7},
    "a prefix that is missing": {"op": "prefix", "field": "account_id"},
    "a bad regular expression": {"op": "regex", "field": "account_id", "pattern": "(["},
    "a geo_range on a text": {"op": "geo_range", "field": "uri", "center": "0,0", "radius": "1km"},
    "labels": {"op": "label_in", "labels": ["all"]},
    "a wrapped fault": {"filter": {"op": "bogus"}},
    "a wrapper of a list": {"filter": [GOOD]},
    "a fault two levels down": {
        "op": "or",
        "conds": [GOOD, {"op": "and", "conds": [GOOD, {"op": "must", "conds": [2]}]}],
    },
}

# Whole filters that try to reach past the tenant's own condition.
REACHES = {
    "another tenant's name": {"op": "must", "field": "account_id", "conds": ["acme"]},
    "or with another tenant's name": {
        "op": "or",
        "conds": [GOOD, {"op": "must", "field": "account_id", "conds": ["acme"]}],
    },
    "everyone but oneself": {"op": "must_not", "field": "account_id", "conds": ["bolt"]},
    "must_not of nothing": {"op": "must_not", "field": "level", "conds": []},
    "the root and all below": {"op": "must", "field": "uri", "conds": ["/"], "para": "-d=-1"},
    "any name": {"op": "regex", "field": "account_id", "pattern": ".*"},
    "an empty prefix": {"op": "prefix", "field": "account_id", "prefix": ""},
}


def nested(depth):
    """A fault at the bottom of so many levels."""
    node = {"op": "bogus"}
    for level in range(depth):
        node = {"op": "or" if level % 2 else "and", "conds": [node]}
    return node


def every():
    return {**FAULTS, "a fault 60 levels down": nested(60), **REACHES}
