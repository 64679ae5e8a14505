# SPDX-License-Identifier: Apache-2.0
"""OpenViking's ICollection over the host.

The adapter does not come through here for its daily work; this is what OpenViking's other code
and tests see: result classes, the names and the order of parameters are theirs. Where their own
engine is silent about a fault, this raises, but for two things that they build upon: a search
through an index that is not there finds nothing, and so does an order that is no order.
"""

from types import SimpleNamespace
from typing import Any

from openviking.storage.vectordb.collection.collection import ICollection
from openviking.storage.vectordb.collection.result import (
    AggregateResult,
    DataItem,
    FetchDataInCollectionResult,
    SearchItemResult,
    SearchResult,
    UpsertDataResult,
)

from . import ask, decay, interface, schema, scores
from .link import BUILD_SECONDS, Link, Patient
from .settings import settings_of

_DETAILS = {"origin_score", "addition_score"} <= set(SearchItemResult.__dataclass_fields__)


def _item(hit: ask.Hit) -> SearchItemResult:
    if hit.raw is None or not _DETAILS:
        return SearchItemResult(id=hit.key, fields=hit.record, score=hit.score)
    return SearchItemResult(
        id=hit.key,
        fields=hit.record,
        score=hit.score,
        origin_score=hit.raw,
        addition_score=hit.factor,
    )


def _result(hits) -> SearchResult:
    return SearchResult(data=[_item(hit) for hit in hits])


def _page_result(page, score: float | None = None) -> SearchResult:
    values = page.scores() if score is None else [score] * len(page)
    return _result(ask.Hit(*hit) for hit in zip(page.keys(), values, page.records()))


def _decay_spec(advance: Any) -> decay.Spec | None:
    if not advance:
        return None
    if set(advance) != {"time_decay"} or not isinstance(advance["time_decay"], dict):
        raise NotImplementedError(f"a ranking by {', '.join(sorted(advance))}: only time_decay")
    return decay.spec_of(advance["time_decay"])


class HostIndex:
    """What get_index gives: an index by its name."""

    def __init__(self, collection: "HostCollection", name: str):
        self._collection = collection
        self.name = name

    def get_meta_data(self) -> dict:
        return self._collection.get_index_meta_data(self.name)

    def update(self, scalar_index=None, description=None) -> None:
        self._collection.update_index(self.name, scalar_index, description)

    def drop(self) -> None:
        self._collection.drop_index(self.name)

    def close(self) -> None:
        pass


class HostCollection(ICollection):
    def __init__(self, link: Link):
        super().__init__()
        self._link = link
        self._patient = Patient(link)
        self._affine = scores.is_affine(link.settings.score_scale)

    # ------------------------------------------------------------- the collection

    def update(self, fields=None, description=None, **more):
        interface.refuse_unknown("update", more)
        if fields is not None or description is not None:
            self._link.call("update", fields, description)
            self._link.forget_kinds()

    def get_meta_data(self, raise_on_error=True, **more) -> dict:
        """Raises whatever raise_on_error says: an empty answer would pass for a collection
        without fields, and every field of every record would be dropped. Waits for a server
        that is away as the write does before which OpenViking asks it."""
        interface.refuse_unknown("get_meta_data", more)
        meta = self._patient.call("meta")
        index = self._index_meta(self._patient, self._link.index_name)
        if index is not None:  # what is indexed by now
            meta["ScalarIndex"] = index.get("ScalarIndex", [])
        return meta

    get_meta = get_meta_data

    def close(self) -> None:
        self._link.close()

    def drop(self, **more) -> None:
        interface.refuse_unknown("drop", more)
        self._link.call_store("drop", self._link.table)
        self._link.forget()

    def begin_bulk_ingest(self) -> None:
        self._link.call("bulk_begin")

    def end_bulk_ingest(self) -> None:
        try:
            self._link.call("bulk_end", timeout=BUILD_SECONDS)
        except ValueError as err:
            raise RuntimeError(f"bulk ingest scope is not active: {err}") from err

    # ------------------------------------------------------------------- indexes

    def create_index(self, index_name, meta_data=None, **more):
        interface.refuse_unknown("create_index", more)
        meta = {**(meta_data or {}), "IndexName": self._link.index(index_name)}
        self._link.call("put_index", meta, timeout=BUILD_SECONDS)
        self._link.forget_kinds()
        return HostIndex(self, index_name)

    def has_index(self, index_name, **more) -> bool:
        interface.refuse_unknown("has_index", more)
        return self._link.index(index_name) in self._link.call("indexes")

    def get_index(self, index_name, **more):
        interface.refuse_unknown("get_index", more)
        return HostIndex(self, index_name) if self.has_index(index_name) else None

    def get_index_meta_data(self, index_name, **more) -> dict | None:
        interface.refuse_unknown("get_index_meta_data", more)
        return self._index_meta(self._link, index_name)

    def _index_meta(self, link: Link | Patient, index_name) -> dict | None:
        name = self._link.index(index_name)
        if name not in link.call("indexes"):
            return None
        return {**link.call("index_meta", name), "IndexName": index_name}

    def list_indexes(self, **more) -> list[str]:
        interface.refuse_unknown("list_indexes", more)
        return [self._link.shown_index(name) for name in self._link.call("indexes")]

    def update_index(self, index_name, scalar_index=None, description=None, **more):
        """Records that are there are entered into scalar indexes that are new."""
        interface.refuse_unknown("update_index", more)
        meta = self.get_index_meta_data(index_name)
        if meta is None:
            return
        meta["IndexName"] = self._link.index(index_name)
        if scalar_index is not None:
            meta["ScalarIndex"] = list(scalar_index)
        if description is not None:
            meta["Description"] = description
        self._link.call("put_index", meta, timeout=BUILD_SECONDS)

    def drop_index(self, index_name, **more) -> None:
        interface.refuse_unknown("drop_index", more)
        self._link.call("drop_index", self._link.index(index_name))
        self._link.forget_kinds()

    # ------------------------------------------------------------------ searches

    def _question(self, index_name, filters, limit, offset, output_fields) -> ask.Question:
        fields = list(output_fields) if output_fields else None
        return ask.Question(
            index=self._link.index(index_name),
            filter=filters,
            limit=limit,
            offset=offset,
            fields=fields,
        )

    def search_by_vector(
        self,
        index_name,
        dense_vector=None,
        limit=10,
        offset=0,
        filters=None,
        sparse_vector=None,
        output_fields=None,
        advance=None,
        return_detail_info=False,
        **more,
    ) -> SearchResult:
        interface.refuse_unknown("search_by_vector", more)
        spec = _decay_spec(advance)
        question = self._question(index_name, filters, limit, offset, output_fields)
        question = question._replace(vector=dense_vector, sparse=sparse_vector or None)
        if not ask.given(dense_vector) and not sparse_vector or not self.has_index(index_name):
            return SearchResult()
        if spec is not None:
            return _result(ask.by_age(self._link, question, spec, self._affine))
        return _result(ask.by_vector(self._link, question, self._affine))

    def search_by_keywords(
        self,
        index_name,
        keywords=None,
        query=None,
        limit=10,
        offset=0,
        filters=None,
        output_fields=None,
        mode=None,
        fields=None,
        **more,
    ) -> SearchResult:
        interface.refuse_unknown("search_by_keywords", more)
        question = self._question(index_name, filters, limit, offset, output_fields)
        return _page_result(ask.by_words(self._link, question, keywords, query, fields, mode))

    def search_by_id(
        self, index_name, id, limit=10, offset=0, filters=None, output_fields=None, **more
    ) -> SearchResult:
        interface.refuse_unknown("search_by_id", more)
        if id is None or isinstance(id, str) and not id.strip():
            return SearchResult()
        record = self._link.call("fetch", [id]).record(0)
        if record is None:
            return SearchResult()
        vectors = {kind: name for name, kind in self._link.field_types().items()}
        return self.search_by_vector(
            index_name,
            record.get(vectors.get("vector")),
            limit,
            offset,
            filters,
            record.get(vectors.get("sparse_vector")),
            output_fields,
        )

    def search_by_multimodal(self, index_name, text, image, video, *rest, **more):
        raise NotImplementedError("search_by_multimodal: the host stores vectors, it makes none")

    def search_by_random(
        self,
        index_name,
        limit=10,
        offset=0,
        filters=None,
        output_fields=None,
        advance=None,
        **more,
    ) -> SearchResult:
        """Any order will do for it, so it is that of the keys, and pages fit together."""
        interface.refuse_unknown("search_by_random", {**more, "advance": advance})
        if not self.has_index(index_name):
            return SearchResult()
        question = self._question(index_name, filters, limit, offset, output_fields)
        return _page_result(ask.by_key(self._link, question), 0.0)

    def search_by_scalar(
        self,
        index_name,
        field,
        order="desc",
        limit=10,
        offset=0,
        filters=None,
        output_fields=None,
        **more,
    ) -> SearchResult:
        interface.refuse_unknown("search_by_scalar", more)
        if order not in ("asc", "desc") or not self.has_index(index_name):
            return SearchResult()
        question = self._question(index_name, filters, limit, offset, output_fields)
        return _result(ask.by_field(self._link, question, field, order == "desc") or ())

    # ------------------------------------------------------------------- records

    def upsert_data(self, data_list, ttl=0, **more) -> UpsertDataResult:
        interface.refuse_unknown("upsert_data", more)
        if not data_list:
            return UpsertDataResult()
        records = schema.with_keys(self._link, data_list)
        self._link.call("upsert", records, ttl=max(ttl, 0) if ttl else None)
        return UpsertDataResult(ids=schema.keys_of(self._link, records))

    def update_data(self, data_list, **more) -> UpsertDataResult:
        interface.refuse_unknown("update_data", more)
        if not data_list:
            return UpsertDataResult()
        ids = schema.keys_of(self._link, data_list)
        self._link.call("set", data_list)
        return UpsertDataResult(ids=ids)

    def fetch_data(self, primary_keys, **more) -> FetchDataInCollectionResult:
        interface.refuse_unknown("fetch_data", more)
        result = FetchDataInCollectionResult()
        if not primary_keys:
            return result
        keys = schema.key_list(primary_keys)
        for key, record in zip(keys, self._link.call("fetch", keys).records()):
            if record is None:
                result.ids_not_exist.append(key)
            else:
                result.items.append(DataItem(id=key, fields=record))
        return result

    def delete_data(self, primary_keys, **more) -> None:
        interface.refuse_unknown("delete_data", more)
        if primary_keys:
            self._link.call("remove", schema.key_list(primary_keys))

    def delete_all_data(self, **more) -> None:
        interface.refuse_unknown("delete_all_data", more)
        self._link.call("truncate")

    # --------------------------------------------------------------------- counts

    def aggregate_data(
        self, index_name, op="count", field=None, filters=None, cond=None, **more
    ) -> AggregateResult:
        """Raises where the local engine answers {}, which OpenViking takes for 0."""
        interface.refuse_unknown("aggregate_data", more)
        if op != "count":
            raise NotImplementedError(f"aggregate_data by '{op}': only count")
        if not self.has_index(index_name):
            raise LookupError(f"there is no index '{index_name}'")
        if not field:
            total = self._link.call("count", filters)
            return AggregateResult(agg={"_total": total}, op=op, field=field)
        groups = self._link.call("groups", field, filters)
        return AggregateResult(agg=_meeting(groups, cond or {}), op=op, field=field)


def _meeting(groups: dict[str, int], cond: dict) -> dict[str, int]:
    unknown = set(cond) - {"gt", "max_entry"}
    if unknown:
        raise ValueError(f"a condition on groups by {', '.join(sorted(unknown))}: gt, max_entry")
    kept = [item for item in groups.items() if item[1] > cond.get("gt", 0)]
    return dict(kept[: cond.get("max_entry", len(kept))])


interface.fill(HostCollection)


def open_collection(options: dict, name: str, meta: dict | None = None) -> HostCollection:
    """A collection of any schema, without an adapter. options: as custom_params of ov.conf.
    With meta it is made, or widened, without an index; else it must be there.
    CollectionNotFoundError."""
    link = Link(settings_of(SimpleNamespace(custom_params=options, name=name)))
    if meta is not None:
        schema.create(link, meta, [])
    link.handle()
    return HostCollection(link)
