# SPDX-License-Identifier: Apache-2.0
"""A collection that is opened when it is needed, and again after a close.

Any thread may call or close at any time: a call that meets a closed store had not begun, so it
opens the store and is made again. What OpenViking calls "context" and "default" may have other
names in the store; the translation is here.
"""

import threading
import time

from openviking.storage.errors import CollectionNotFoundError

from . import shelf
from .kinds import Kinds
from .settings import DEFAULT_INDEX, DEFAULT_NAME, Settings

ATTEMPTS = 5  # against others who close at the same time
# Of a call that may build an index over all records, which takes longer than any other call may.
BUILD_SECONDS = 24 * 3600
# At least so long waits what OpenViking's queue calls, while a server is away: whatever the
# reason, it takes a record that was not written off its queue, and the record is missing until
# a reindex. A failover may take two minutes. OpenViking stops only when its calls have ended, so
# this is also how long that may take while the server is away.
PATIENCE_SECONDS = 120
# OpenViking asks before each search whether the collection is there: so long it is believed.
SEEN_SECONDS = 1


class Link(Kinds):
    def __init__(self, settings: Settings):
        self.settings = settings
        self.name = settings.name
        self.index_name = settings.index_name
        self.lock = threading.Lock()
        shelf.watch_fork(self)
        self._entry = None
        self._handle = None
        self._default_index: str | None = settings.index
        self._kinds: dict = {}
        self._seen = 0.0  # when the collection was last known to be there

    def __del__(self):
        entry = self.__dict__.get("_entry")
        if entry is not None:
            shelf.abandon(entry)

    # ------------------------------------------------------------------ opening

    def _store_locked(self):
        if self._entry is None:
            self._entry = shelf.take(self.settings.where)
        return self._entry.store

    def store(self):
        with self.lock:
            return self._store_locked()

    def handle(self):
        """The collection. CollectionNotFoundError."""
        handle = self._handle
        if handle is not None:
            return handle
        with self.lock:
            if self._handle is None:
                store = self._store_locked()
                try:
                    self._handle = store.collection(self._table(store))
                except shelf.core().NotFoundError as err:
                    raise CollectionNotFoundError(
                        f"Collection {self.name} does not exist: {err}"
                    ) from err
                self._seen = time.monotonic()
            return self._handle

    def exists(self) -> bool:
        """Raises where the server is away."""
        try:
            self._ask(self.handle)
            if time.monotonic() - self._seen > SEEN_SECONDS:
                self.call("indexes")
                self._seen = time.monotonic()
        except CollectionNotFoundError:
            return False
        return True


    def close(self) -> None:
        with self.lock:
            entry, self._entry, self._handle = self._entry, None, None
            self._kinds = {}
        if entry is not None:
            shelf.give(entry)

    def forget(self) -> None:
        """The collection is another one from now on."""
        with self.lock:
            self._handle = None
            self._kinds = {}

    def forget_kinds(self) -> None:
        self._kinds = {}

    def bind(self, name: str, index_name: str) -> None:
        """To a collection and an index in OpenViking's names."""
        with self.lock:
            if (name, index_name) != (self.name, self.index_name):
                self.name, self.index_name = name, index_name
                self._handle = None
                self._kinds = {}

    # ------------------------------------------------------------------ calling

    def _sort_out(self, err: Exception) -> None:
        """Returns where the call is to be made again. CollectionNotFoundError where what was
        not found is the collection: others may have dropped it since it was opened."""
        code = getattr(err, "code", "")
        if code == "OV_NOT_FOUND":
            self.forget()
            self._ask(self.handle)
        if code != "OV_CLOSED":
            raise err

    def call(self, method: str, *args, **kwargs):
        """A method of the collection."""
        handle = self._handle
        if handle is not None:
            try:
                return getattr(handle, method)(*args, **kwargs)
            except Exception as err:
                self._sort_out(err)
        return self._ask(lambda: getattr(self.handle(), method)(*args, **kwargs))

    def search(self, vector, sparse, index, filter, limit, offset, fields):
        """The call that is made most often, without the dict of its arguments."""
        handle = self._handle
        if handle is not None:
            try:
                return handle.search(
                    vector,
                    sparse=sparse,
                    index=index,
                    filter=filter,
                    limit=limit,
                    offset=offset,
                    fields=fields,
                )
            except Exception as err:
                self._sort_out(err)
        asked = {"sparse": sparse, "index": index, "filter": filter}
        asked.update(limit=limit, offset=offset, fields=fields)
        return self._ask(lambda: self.handle().search(vector, **asked))

    def call_store(self, method: str, *args, **kwargs):
        """A method of the store."""
        return self._ask(lambda: getattr(self.store(), method)(*args, **kwargs))

    def call_store_with(self, work, *args):
        return self._ask(lambda: work(self.store(), *args))

    def _ask(self, work):
        for attempt in range(1, ATTEMPTS + 1):
            entry = self._entry
            try:
                return work()
            except Exception as err:
                if getattr(err, "code", "") != "OV_CLOSED" or attempt == ATTEMPTS:
                    raise
            self._give_back(entry)
        raise AssertionError("not reached")

    def _give_back(self, entry) -> None:
        with self.lock:
            if entry is None or self._entry is not entry:
                return
            self._entry = self._handle = None
        shelf.give(entry)

    # -------------------------------------------------------------------- names

    def _table(self, store) -> str:
        if self.name != DEFAULT_NAME:
            return self.name
        return self.settings.table or store.settings["table"]

    @property
    def table(self) -> str:
        return self._table(self.store())

    def index(self, name: str) -> str:
        """The store's name of an index."""
        if name != self.index_name or name != DEFAULT_INDEX:
            return name
        if self._default_index is None:
            self._default_index = self.store().settings["index_name"]
        return self._default_index

    def shown_index(self, name: str) -> str:
        """OpenViking's name of an index of the store."""
        return self.index_name if name == self.index(self.index_name) else name


def patience(store) -> dict:
    """What is added to a patient call. The native provider's file is never away."""
    if store.provider == "native":
        return {}
    usual = store.settings["timeout"]
    # A call without a deadline is tried again for 30 seconds only.
    return {"timeout": BUILD_SECONDS if usual is None else max(usual, PATIENCE_SECONDS)}


class Patient(Kinds):
    """A link whose calls are tried again for PATIENCE_SECONDS, or as long as any call where the
    timeout is longer."""

    def __init__(self, link: Link):
        self._link = link
        self._patience: dict | None = None

    def __getattr__(self, name: str):
        return getattr(self._link, name)

    def call(self, method: str, *args, **kwargs):
        if self._patience is None:
            self._patience = patience(self._link.store())
        return self._link.call(method, *args, **self._patience, **kwargs)
