# SPDX-License-Identifier: Apache-2.0
"""OpenViking's filter expressions as the host's documents. Nothing broken ever widens.

OpenViking joins the tenant's condition and the caller's with And and drops what compiles to an
empty object. A part that says nothing may be dropped from an And; everything else that is no
condition is an error here, and an Or of nothing matches nothing. None stands for "no condition";
the document for "nothing" is an empty must on the key, which the host compiles to FALSE.

What a node must look like is not checked here: the host reads the document to its end before it
believes a word of it.
"""

from datetime import date
from typing import Any, Callable

from openviking.storage.expr import (
    And,
    Contains,
    Eq,
    In,
    Or,
    PathScope,
    Range,
    RawDSL,
    TimeRange,
)

SCHEME = "viking://"
ROOT = "viking:/"  # before a stored /a/b
URI_FIELDS = frozenset({"uri", "parent_uri"})


def encode_uri(value: Any) -> Any:
    """viking://a/b/ is stored as /a/b."""
    if not isinstance(value, str):
        return value
    stripped = value.strip()
    if not stripped.startswith(SCHEME):
        return value
    return "/" + stripped[len(SCHEME) :].strip("/")


def decode_uri(value: Any) -> Any:
    """/a/b is shown as viking://a/b."""
    if type(value) is str and value[:1] == "/" and value[1:2] not in "/" and "/" < value[-1] < "\x7f":
        return ROOT + value  # nearly all are so: nothing to strip
    if not isinstance(value, str):
        return value
    stripped = value.strip()
    if stripped.startswith(SCHEME):
        return stripped
    return SCHEME + stripped.strip("/") if stripped.startswith("/") else value


def encode_part(value: Any) -> Any:
    """A piece of an address, whose slashes at the end mean something."""
    if isinstance(value, str) and value.startswith(SCHEME):
        return "/" + value[len(SCHEME) :].lstrip("/")
    return value


def plain(value: Any) -> Any:
    """A datetime becomes the text that is stored for it."""
    return value.isoformat() if isinstance(value, date) else value  # a datetime is one


def nothing(key: str) -> dict:
    return {"op": "must", "field": key, "conds": []}


class Compiler:
    """key: gives the name of the primary key, for the condition that nothing meets."""

    def __init__(self, key: Callable[[], str] = lambda: "id"):
        self.key = key

    def compile(self, expr: Any) -> dict | None:
        """None: no condition. ValueError, TypeError."""
        compiled = _KINDS.get(type(expr))
        if compiled is not None:  # nearly all are so
            return compiled(self, expr)
        if expr is None:
            return None
        if isinstance(expr, dict):
            return self._raw(expr)
        compiled = next((f for kind, f in _KINDS.items() if isinstance(expr, kind)), None)
        if compiled is None:
            raise TypeError(f"Unsupported filter expr type: {type(expr)!r}")
        return compiled(self, expr)

    # ---------------------------------------------------------------- raw nodes

    def _raw(self, payload: Any) -> dict | None:
        if not isinstance(payload, dict):
            raise ValueError(f"a raw filter is {type(payload).__name__}, not an object")
        if "filter" in payload and "op" not in payload:
            inner = payload["filter"]
            return None if inner is None else self._raw(inner)
        return self._node(payload) or None

    def _node(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._node(item) for item in value]
        if not isinstance(value, dict):
            return plain(value)
        is_uri = isinstance(value.get("field"), str) and value["field"] in URI_FIELDS
        return {name: self._member(name, item, is_uri) for name, item in value.items()}

    def _member(self, name: str, value: Any, is_uri: bool) -> Any:
        if name in URI_FIELDS or (is_uri and name == "prefix"):
            return encode_uri(value)
        if is_uri and name == "conds" and isinstance(value, (list, tuple)):
            return [encode_uri(item) for item in value]
        if is_uri and name == "substring":
            return encode_part(value)
        return self._node(value)

    # ------------------------------------------------------------------- groups

    def _children(self, conds: Any) -> list[dict]:
        kept = []
        for cond in conds:
            known = _KINDS.get(type(cond))
            compiled = self.compile(cond) if known is None else known(self, cond)
            if compiled is not None:
                kept.append(compiled)
        return kept

    def _and(self, expr: And) -> dict | None:
        conds = self._children(expr.conds)
        if len(conds) > 1:
            return {"op": "and", "conds": conds}
        return conds[0] if conds else None

    def _or(self, expr: Or) -> dict:
        conds = self._children(expr.conds)
        if len(conds) > 1:
            return {"op": "or", "conds": conds}
        return conds[0] if conds else nothing(self.key())

    # ------------------------------------------------------------------- leaves

    def _eq(self, expr: Eq) -> dict:
        field, value = expr.field, expr.value
        if field in URI_FIELDS:
            return {"op": "must", "field": field, "conds": [plain(encode_uri(value))], "para": "-d=0"}
        return {"op": "must", "field": field, "conds": [value if type(value) is str else plain(value)]}

    def _in(self, expr: In) -> dict:
        field = expr.field
        if field in URI_FIELDS:
            values = [plain(encode_uri(value)) for value in expr.values]
        else:
            values = [plain(value) for value in expr.values]
        return {"op": "must", "field": field, "conds": values}

    def _scope(self, expr: PathScope) -> dict:
        field, path, depth = expr.field, expr.path, expr.depth
        if field in URI_FIELDS:
            path = encode_uri(path)
        node = {"op": "must", "field": field, "conds": [plain(path)]}
        if depth is not None:
            node["para"] = f"-d={depth}"
        return node

    def _bounds(self, field: str, **bounds: Any) -> dict:
        node = {name: plain(value) for name, value in bounds.items() if value is not None}
        if not node:
            raise ValueError(f"the range over '{field}' has no bound")
        return {"op": "range", "field": field, **node}

    def _range(self, expr: Range) -> dict:
        return self._bounds(expr.field, gte=expr.gte, gt=expr.gt, lte=expr.lte, lt=expr.lt)

    def _time_range(self, expr: TimeRange) -> dict:
        return self._bounds(expr.field, gte=expr.start, lt=expr.end)

    def _contains(self, expr: Contains) -> dict:
        part = expr.substring
        if expr.field in URI_FIELDS:
            part = encode_part(part)
        return {"op": "contains", "field": expr.field, "substring": part}


_KINDS: dict[type, Callable] = {
    And: Compiler._and,
    Or: Compiler._or,
    Eq: Compiler._eq,
    In: Compiler._in,
    PathScope: Compiler._scope,
    Range: Compiler._range,
    TimeRange: Compiler._time_range,
    Contains: Compiler._contains,
    RawDSL: lambda compiler, expr: compiler._raw(expr.payload),
}
