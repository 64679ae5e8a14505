# SPDX-License-Identifier: Apache-2.0
"""What OpenViking's abstract classes ask for, held against what this package was written for.

OpenViking adds abstract methods and parameters between releases. A method that is not known gets
a stub that says so when it is called, so that a new release starts; what differs is logged.
A parameter that is not known is refused once it carries a value: to pass over one that narrows a
search would widen it.
"""

import abc
import inspect

_SEARCH = "limit offset filters output_fields"

# Parameters by method, of releases 0.4.16 to 0.5.2.
COLLECTION = {
    "aggregate_data": "index_name op field filters cond",
    "begin_bulk_ingest": "",
    "close": "",
    "create_index": "index_name meta_data",
    "delete_all_data": "",
    "delete_data": "primary_keys",
    "drop": "",
    "drop_index": "index_name",
    "end_bulk_ingest": "",
    "fetch_data": "primary_keys",
    "get_index": "index_name",
    "get_index_meta_data": "index_name",
    "get_meta_data": "raise_on_error",
    "has_index": "index_name",
    "list_indexes": "",
    "search_by_id": f"index_name id {_SEARCH}",
    "search_by_keywords": f"index_name keywords query {_SEARCH} mode fields",
    "search_by_multimodal": f"index_name text image video {_SEARCH}",
    "search_by_random": f"index_name {_SEARCH} advance",
    "search_by_scalar": f"index_name field order {_SEARCH}",
    "search_by_vector": f"index_name dense_vector {_SEARCH} sparse_vector advance return_detail_info",
    "update": "fields description",
    "update_data": "data_list",
    "update_index": "index_name scalar_index description",
    "upsert_data": "data_list ttl",
}

_QUERY = "filter limit offset output_fields"

ADAPTER = {
    "begin_bulk_ingest": "",
    "clear": "",
    "close": "",
    "collection_exists": "",
    "count": "filter",
    "create_collection": "name schema distance sparse_weight index_name",
    "delete": "ids filter limit",
    "drop_collection": "",
    "end_bulk_ingest": "",
    "from_config": "config",
    "get": "ids",
    "get_collection": "",
    "get_collection_info": "",
    "query": f"query_vector sparse_query_vector {_QUERY} order_by order_desc advance",
    "search_by_keywords": f"keywords query {_QUERY} mode fields",
    "search_by_random": f"{_QUERY} advance",
    "strict_count": "filter",
    "upsert": "data",
    "_load_existing_collection_if_needed": "",
    "_create_backend_collection": "meta",
}


def _parameters(function) -> list[str]:
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    given = inspect.signature(function).parameters.values()
    return [p.name for p in given if p.name not in ("self", "cls") and p.kind not in kinds]


def differences(cls: type, known: dict[str, str]) -> list[str]:
    """A line for each thing in cls that the table does not have: abstract methods and their
    parameters, and parameters of methods that are in the table."""
    lines = []
    names = set(cls.__abstractmethods__) | (known.keys() & set(dir(cls)))
    for name in sorted(names):
        if name not in known:
            lines.append(f"{cls.__name__}.{name} is abstract and not known: a call of it is refused")
            continue
        try:
            given = _parameters(getattr(cls, name))
        except (TypeError, ValueError):
            continue
        for parameter in given:
            if parameter not in known[name].split():
                lines.append(f"{cls.__name__}.{name} has a parameter '{parameter}' that is not known")
    return lines


def _stub(cls: type, name: str):
    def refused(self, *args, **kwargs):
        raise NotImplementedError(
            f"{cls.__name__}.{name}: this release of OpenViking asks for it, "
            "and ov_host does not know what it means"
        )

    refused.__name__ = refused.__qualname__ = name
    return refused


def fill(cls: type) -> type:
    """Make a class whole: each abstract method that is left gets a stub."""
    for name in cls.__abstractmethods__:
        setattr(cls, name, _stub(cls, name))
    return abc.update_abstractmethods(cls)


def refuse_unknown(method: str, more: dict) -> None:
    """Keyword arguments that a newer OpenViking passes: fine as long as they say nothing."""
    for name, value in more.items():
        if value is not None and value is not False and value != {} and value != []:
            raise NotImplementedError(f"{method}: the argument '{name}' is not known to ov_host")
