# SPDX-License-Identifier: Apache-2.0
"""Questions to a collection, shared by the adapter (dicts) and the collection (result classes).

A page is the host's answer as it is; Hits add what OpenViking wants beside it.
"""

from typing import Any, NamedTuple

from . import decay, scores
from .link import Link

# What the local engine sorts by; of any other field it answers nothing.
SORTABLE = ("int64", "float32", "date_time")


class Question(NamedTuple):
    index: str  # in the store's name
    vector: Any = None
    sparse: dict | None = None
    filter: dict | None = None
    limit: int = 10
    offset: int = 0
    fields: list[str] | None = None


class Hit(NamedTuple):
    key: Any
    score: Any
    record: dict
    raw: float | None = None
    factor: float | None = None


def given(vector: Any) -> bool:
    """A vector of no numbers is none; an array is not asked for its truth."""
    return vector is not None and len(vector) > 0


def see_limits(question: Question) -> None:
    """The host lists everything for a limit of -1; to OpenViking it is a mistake."""
    if question.limit < 0 or question.offset < 0:
        raise ValueError(f"limit {question.limit}, offset {question.offset}: not below 0")


def lifted(link: Link, index: str, vector: Any, sparse: dict | None) -> bool:
    """Is this a ranking by cosine alone, which OpenViking may expect from 0 to 1?"""
    if vector is None:
        return False
    distance, hybrid = link.index_kind(index)
    return distance == "cosine" and not (hybrid and sparse)


def by_vector(link: Link, question: Question, affine: bool) -> list[Hit]:
    index, vector, sparse, filter, limit, offset, fields = question
    vector, sparse = vector if given(vector) else None, sparse or None
    page = link.search(vector, sparse, index, filter, limit, offset, fields or None)
    scale = scores.affine if affine and lifted(link, index, vector, sparse) else float
    return [Hit(k, scale(s), r) for k, s, r in zip(page.keys(), page.scores(), page.records())]


def by_age(link: Link, question: Question, spec: decay.Spec, affine: bool) -> list[Hit]:
    """As by_vector, the scores faded with time."""
    wanted = list(question.fields or ())
    fields = [*wanted, spec.field] if wanted and spec.field not in wanted else wanted
    drop = len(fields) > len(wanted)

    def fetch(limit: int) -> list:
        page = question._replace(limit=limit, offset=0, fields=fields)
        return [hit[:3] for hit in by_vector(link, page, affine)]

    see_limits(question)
    rows = decay.ranked(fetch, spec, question.limit + question.offset)[question.offset :]
    for row in rows:
        if drop:
            row.record.pop(spec.field, None)
    return [Hit(row.key, row.score, row.record, row.raw, row.factor) for row in rows]


def by_field(link: Link, question: Question, field: str, descending: bool) -> list[Hit] | None:
    """Records in the order of a field, those without a value last, keys ascending among equals.
    The score is the field's value. None: the local engine does not sort by it."""
    see_limits(question)
    if link.field_type(field) not in SORTABLE:
        return None
    wanted = list(question.fields or ())
    fields = [*wanted, field] if wanted and field not in wanted else wanted
    page = link.call(
        "scan",
        field,
        descending=descending,
        filter=question.filter,
        limit=question.limit,
        offset=question.offset,
        fields=fields or None,
    )
    hits = []
    for key, record in zip(page.keys(), page.records()):
        value = record.pop(field, None) if len(fields) > len(wanted) else record.get(field)
        hits.append(Hit(key, value, record))
    return hits


def by_key(link: Link, question: Question):
    """A page of records in the order of their keys."""
    see_limits(question)
    return link.call(
        "scan",
        filter=question.filter,
        limit=question.limit,
        offset=question.offset,
        fields=question.fields or None,
    )


def by_words(link: Link, question: Question, words: Any, query: Any, fields: Any, mode: Any):
    """A page ranked by full text. Never empty for want of an index: OpenViking's grep believes
    an empty answer."""
    text = query if query else " ".join(words or ())
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a search by keywords without a word")
    if mode not in (None, "", "bm25"):
        raise NotImplementedError(f"a search by keywords in the mode '{mode}'")
    indexed = [entry.get("Field") for entry in link.call("meta").get("FullText") or []]
    if not indexed or not set(fields or indexed) <= set(indexed):
        raise NotImplementedError(
            f"no full text index over {', '.join(fields or ()) or 'any field'} of {link.name}"
        )
    return link.call(
        "search",
        text=text,
        index=question.index,
        filter=question.filter,
        limit=question.limit,
        offset=question.offset,
        fields=question.fields or None,
    )
