# SPDX-License-Identifier: Apache-2.0
"""What is remembered of a collection's fields and indexes."""


class Kinds:
    """For a class that has `call`, and the dict `_kinds`: of indexes by name; under None, of
    fields."""

    def field_types(self) -> dict[str, str]:
        """FieldType by FieldName, as last read."""
        return self._fields()[0]

    def field_type(self, name: str) -> str | None:
        """One that is not known may have been added meanwhile."""
        if name not in self._fields()[0]:
            self.forget_kinds()
        return self._fields()[0].get(name)

    def key(self) -> str:
        """The primary key's name; AUTO_ID where the records have none of their own."""
        return self._fields()[1]

    def _fields(self) -> tuple[dict[str, str], str]:
        kinds = self._kinds  # what is read now is not for the one that forget_kinds makes
        known = kinds.get(None)
        if known is None:
            fields = self.call("meta").get("Fields", [])
            keys = [field["FieldName"] for field in fields if field.get("IsPrimaryKey")]
            types = {field["FieldName"]: field["FieldType"] for field in fields}
            known = kinds[None] = (types, keys[0] if keys else "AUTO_ID")
        return known

    def index_kind(self, name: str) -> tuple[str, bool]:
        """Distance and whether sparse vectors count, of an index in the store's name."""
        kinds = self._kinds
        kind = kinds.get(name)
        if kind is None:
            vector = self.call("index_meta", name).get("VectorIndex", {})
            kind = (str(vector.get("Distance", "")).lower(), bool(vector.get("EnableSparse")))
            kinds[name] = kind
        return kind
