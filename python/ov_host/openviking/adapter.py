# SPDX-License-Identifier: Apache-2.0
"""OpenViking's CollectionAdapter over the host.

The base class turns each call into one or more on a collection object, through result classes;
here a call is one call of the host. What differs in meaning from the base class, on purpose:

* a query without a vector lists records in the order of their keys, not around a random vector,
  so that pages neither overlap nor leave gaps;
* a delete by filter is one statement, without a limit, and its number is what went;
* a count is right or raises;
* a write, and the reads that OpenViking makes before one (by key, lists, the collection's meta),
  wait minutes for a server that is away (see link.py);
* a filter that is broken finds, counts and deletes nothing (see filters.py);
* create_collection adds what an existing collection lacks (see schema.py).

`mode`. OpenViking keeps what it can do by a list of engines that it knows: "local" is the value
with which it loses nothing. Only with it are the distance, the scale of scores and the fields of
the index shown (0.5), a newer schema is brought to the collection's own `update` and
`update_index`, which are served here, and nothing is refused; all other code that asks for
"local" is overridden here. "vikingdb" (custom_params.mode) lets 0.5's grep and search by
keywords ask the full text index, and costs what is shown.
"""

import functools
import logging
import uuid
from typing import Any

from openviking.storage.vectordb.collection.collection import ICollection
from openviking.storage.vectordb_adapters.base import CollectionAdapter

from . import ask, decay, interface, scores
from .collection import HostCollection
from .filters import ROOT, Compiler, decode_uri, encode_uri
from .link import Link, Patient
from .schema import create as make_collection, key_list, keys_of
from .settings import Settings, settings_of

log = logging.getLogger("ov_host.openviking")
_CLAIM_SECONDS = 5
_NO_LIMIT = 100000  # what 0.4's delete says where it was told none


@functools.cache
def check_interface() -> list[str]:
    """What this OpenViking asks for that is not known here, each logged."""
    lines = interface.differences(ICollection, interface.COLLECTION)
    lines += interface.differences(CollectionAdapter, interface.ADAPTER)
    for line in lines:
        log.warning("%s", line)
    return lines


def _decay_spec(advance: dict | None) -> decay.Spec | None:
    """From the terms of a request: {"time_decay": {"protection": "3d", "origin": ISO text}}."""
    if not advance:
        return None
    request = advance.get("time_decay")
    if set(advance) != {"time_decay"} or not isinstance(request, dict):
        raise NotImplementedError(f"a ranking by {', '.join(sorted(advance))}: only time_decay")
    from openviking.utils.time_decay import build_time_decay_fusion_spec
    from openviking.utils.time_utils import parse_iso_datetime

    spec = build_time_decay_fusion_spec(
        protection=request["protection"], origin=parse_iso_datetime(request["origin"])
    )
    return decay.spec_of({name: getattr(spec, name) for name in decay.Spec._fields})


def _claim(store) -> None:
    """Become the process that writes to an embedded store, or say now who is. OpenViking logs a
    write that fails and goes on without the record, so that would be too late."""
    if store.provider == "native":
        # Takes the lock, and nothing can be called so. The time is for one that is just ending.
        store.drop("-", timeout=_CLAIM_SECONDS)


class HostCollectionAdapter(CollectionAdapter):
    def __init__(self, settings: Settings):
        super().__init__(collection_name=settings.name, index_name=settings.index_name)
        self.mode = settings.mode
        self.USE_CONTENT_FIELD = settings.use_content_field
        self._link = Link(settings)
        self._compiler = Compiler(self._link.key)
        self._patient = Patient(self._link)
        self._affine = scores.is_affine(settings.score_scale)
        self._shown = {name: (ROOT, decode_uri) for name in self._URI_FIELD_NAMES}

    @classmethod
    def from_config(cls, config: Any) -> "HostCollectionAdapter":
        settings = settings_of(config)
        check_interface()
        adapter = cls(settings)
        try:
            store = adapter._link.store()
            _claim(store)
        except BaseException:
            adapter.close()
            raise
        log.info("OpenViking's %s is kept by the provider %s", settings.name, store.provider)
        return adapter

    # -------------------------------------------------------------- the collection

    def _load_existing_collection_if_needed(self) -> None:
        if self._collection is None and self._link.exists():
            self._collection = HostCollection(self._link)

    def _create_backend_collection(self, meta: dict[str, Any]) -> HostCollection:
        make_collection(self._link, meta, [])
        return HostCollection(self._link)

    def collection_exists(self) -> bool:
        return self._link.exists()

    def get_collection(self) -> HostCollection:
        self._link.handle()
        collection = self._collection
        if collection is None:
            self._collection = collection = HostCollection(self._link)
        return collection

    def create_collection(
        self, name, schema: dict, *, distance, sparse_weight, index_name, **more
    ) -> bool:
        interface.refuse_unknown("create_collection", more)
        self._bind(name, index_name)
        fields = schema.get("Fields", [])
        scalars = self._sanitize_scalar_index_fields(
            scalar_index_fields=list(schema.get("ScalarIndex", [])), fields_meta=fields
        )
        index = self._build_default_index_meta(
            index_name=self._link.index(index_name),
            distance=distance,
            use_sparse=sparse_weight > 0.0,
            sparse_weight=sparse_weight,
            scalar_index_fields=scalars,
        )
        return make_collection(self._link, {"CollectionName": name, **schema}, [index])

    def _bind(self, name: str, index_name: str) -> None:
        self._collection_name = name
        self._index_name = index_name
        self._link.bind(name, index_name)

    def drop_collection(self) -> bool:
        dropped = self._link.call_store("drop", self._link.table)
        self._collection = None
        self._link.forget()
        return dropped

    def close(self) -> None:
        """Any number of times, from any thread; a later call opens the store again."""
        self._collection = None
        self._link.close()

    def begin_bulk_ingest(self) -> None:
        self.get_collection().begin_bulk_ingest()

    def end_bulk_ingest(self) -> None:
        self.get_collection().end_bulk_ingest()

    # --------------------------------------------------------------------- filters

    def _compile(self, expr: Any) -> dict | None:
        return self._compiler.compile(expr)

    def _compile_filter(self, expr: Any) -> dict[str, Any]:
        return self._compile(expr) or {}

    # ---------------------------------------------------------------------- writes

    def _written(self, item: dict) -> dict:
        record = self._normalize_record_for_write(item)
        if not record.get("id"):
            record["id"] = str(uuid.uuid4())
        return record

    def upsert(self, data: dict | list[dict], **more) -> list[str]:
        interface.refuse_unknown("upsert", more)
        records = [self._written(item) for item in ([data] if isinstance(data, dict) else data)]
        if records:
            self._patient.call("upsert", records)
        return [record["id"] for record in records]

    def update_data(self, data_list: list[dict], **more) -> list[str]:
        """ValueError saying "not found" where a record is missing; then nothing has changed."""
        interface.refuse_unknown("update_data", more)
        records = [self._normalize_record_for_write(item) for item in data_list]
        if not records:
            return []
        ids = keys_of(self._patient, records)
        self._patient.call("set", records)
        return ids

    def delete(self, *, ids=None, filter=None, limit=None, **more) -> int:
        """How many records went. No ids and no filter: none; a filter that says nothing is an
        error, `clear` is what empties a collection."""
        interface.refuse_unknown("delete", more)
        if ids is not None:
            return self._link.call("remove", key_list(ids)) if ids else 0
        if filter is None:
            return 0
        condition = self._compile(filter)
        if condition is None:
            raise ValueError("a delete by a filter that says nothing would empty the collection")
        if limit is not None and limit != _NO_LIMIT:
            keys = self._link.call("scan", filter=condition, limit=max(limit, 0), fields=[]).keys()
            return self._link.call("remove", keys) if keys else 0
        return self._link.call("remove_where", condition)

    def clear(self, **more) -> bool:
        interface.refuse_unknown("clear", more)
        self._link.call("truncate")
        return True

    # ----------------------------------------------------------------------- reads

    def get(self, ids: list[str], **more) -> list[dict]:
        interface.refuse_unknown("get", more)
        if not ids:
            return []
        return self._patient.call("fetch", key_list(ids)).hits("id", shown=self._shown)

    def count(self, filter=None, **more) -> int:
        interface.refuse_unknown("count", more)
        return self._link.call("count", self._compile(filter))

    strict_count = count

    def query(
        self,
        *,
        query_vector=None,
        sparse_query_vector=None,
        filter=None,
        limit=10,
        offset=0,
        output_fields=None,
        order_by=None,
        order_desc=False,
        advance=None,
        **more,
    ) -> list[dict]:
        if more:
            interface.refuse_unknown("query", more)
        spec = _decay_spec(advance) if advance else None
        index = self._link.index(self._index_name)
        condition = self._compiler.compile(filter)
        vector = query_vector if ask.given(query_vector) else None
        sparse, fields = sparse_query_vector or None, output_fields or None
        like = vector is not None or sparse is not None
        if like and spec is None:
            page = self._link.search(vector, sparse, index, condition, limit, offset, fields)
            unit = self._affine and ask.lifted(self._link, index, vector, sparse)
            return page.hits("id", "_score", unit=unit, shown=self._shown)
        question = ask.Question(index, vector, sparse, condition, limit, offset, fields)
        if like:
            return self._faded(question, spec)
        if order_by:
            return self._sorted(question, order_by, order_desc)
        return self._listed(question)

    def search_by_random(
        self, *, filter=None, limit=10, offset=0, output_fields=None, advance=None, **more
    ) -> list[dict]:
        interface.refuse_unknown("search_by_random", {**more, "advance": advance})
        return self.query(filter=filter, limit=limit, offset=offset, output_fields=output_fields)

    def search_by_keywords(
        self,
        keywords=None,
        query=None,
        limit=10,
        offset=0,
        filter=None,
        output_fields=None,
        mode=None,
        fields=None,
        **more,
    ) -> list[dict]:
        interface.refuse_unknown("search_by_keywords", more)
        if not self.USE_CONTENT_FIELD:
            raise NotImplementedError(
                "no text is stored to search in: set custom_params.use_content_field to true"
            )
        question = ask.Question(
            index=self._link.index(self._index_name),
            filter=self._compile(filter),
            limit=limit,
            offset=offset,
            fields=output_fields or None,
        )
        page = ask.by_words(self._link, question, keywords, query, fields, mode)
        return page.hits("id", "_score", shown=self._shown)

    # -------------------------------------------------------------- kinds of query

    def _faded(self, question: ask.Question, spec: decay.Spec) -> list[dict]:
        records = []
        for hit in ask.by_age(self._link, question, spec, self._affine):
            record = {**hit.record, "id": hit.key, "_score": hit.score, "_origin_score": hit.raw}
            if hit.factor is not None:
                record["_time_score"] = hit.factor
            records.append(record)
        return self._decoded(records)

    def _sorted(self, question: ask.Question, field: str, descending: bool) -> list[dict]:
        records = []
        for hit in ask.by_field(self._patient, question, field, descending) or ():
            score = float(hit.score) if isinstance(hit.score, (int, float)) else 0.0
            records.append({**hit.record, "id": hit.key, "_score": score})
        return self._decoded(records)

    def _listed(self, question: ask.Question) -> list[dict]:
        records = ask.by_key(self._patient, question).hits("id", shown=self._shown)
        for record in records:
            record["_score"] = 0.0
        return records

    def _decoded(self, records: list[dict]) -> list[dict]:
        names = [name for name in self._URI_FIELD_NAMES if records and name in records[0]]
        for record in records:  # of one page, so with the same fields
            for name in names:
                record[name] = decode_uri(record[name])
        return records

    _encode_uri_field_value = staticmethod(encode_uri)
    _decode_uri_field_value = staticmethod(decode_uri)


interface.fill(HostCollectionAdapter)
