# SPDX-License-Identifier: Apache-2.0
"""Whether a record that was read back is the record that was to be moved."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping
from typing import Any

_BAD = re.compile("[\0\ud800-\udfff]")


def _bits(values: Any) -> bytes:
    """A vector as its 32-bit floats; what is none has no bits."""
    try:
        return array("f", values).tobytes()
    except (TypeError, OverflowError):
        return b""


def _terms(sparse: Any) -> dict[str, bytes]:
    return {_tamed(term): _bits([weight]) for term, weight in (sparse or {}).items()}


def _tamed(value: Any) -> Any:
    """Texts as a store keeps them: U+0000 and lone surrogates, which none takes, are U+FFFD."""
    if isinstance(value, str):
        return _BAD.sub("\ufffd", value)
    if isinstance(value, list):
        return [_tamed(element) for element in value]
    return value


def _same(kind: str, wanted: Any, found: Any) -> bool:
    if kind == "vector":
        return _bits(wanted) == _bits(found)
    if kind == "sparse_vector":
        return _terms(wanted) == _terms(found)
    if kind == "bool":
        return bool(wanted) == found
    return _tamed(wanted) == found


def difference(types: Mapping[str, str], wanted: Mapping[str, Any],
               found: Mapping[str, Any] | None) -> str | None:
    """The first field that differs, "" for a record that is not there, None for none."""
    if found is None:
        return ""
    for name, kind in types.items():
        if name not in found or not _same(kind, wanted.get(name), found[name]):
            return name
    return None
