# SPDX-License-Identifier: Apache-2.0
"""The stores that are open in this process.

Adapters that mean the same place share a store: an embedded one has one writer, and a server's
connections are worth sharing. A store is opened by the first who takes it and closed when the
last gives it back. No lock of this module is held while a call runs, but one store is opened or
closed by one thread at a time, so that a close has ended before the same place is opened again.
"""

import collections
import logging
import os
import threading
import weakref

from .settings import Where

log = logging.getLogger("ov_host")
_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}

_lock = threading.Lock()
_entries: dict[Where, "Entry"] = {}
# Given up by the garbage collector, which may run in a thread that holds any lock: what must not
# wait there is done by the next who comes here.
_orphans: collections.deque = collections.deque()
_links: weakref.WeakSet = weakref.WeakSet()


def core():
    """The extension. Loaded by the first who needs it, never by an import of this package."""
    try:
        from ov_host import _core
    except ImportError as err:
        raise RuntimeError(f"the extension ov_host._core cannot be loaded: {err}") from err
    return _core


def _heard(level: int, profile: str | None, message: str) -> None:
    log.log(_LEVELS.get(level, logging.INFO), "%s%s", f"{profile}: " if profile else "", message)


class Entry:
    def __init__(self, where: Where):
        self.where = where
        self.users = 0
        self.gate = threading.Lock()  # held while the store is opened or closed
        self.host = None
        self.store = None
        self.pid = 0

    def open(self) -> None:
        if self.store is not None and self.pid != os.getpid():
            raise RuntimeError(
                f"the store was opened by process {self.pid}, of which this one is a fork; "
                "start a new process instead, OpenViking's workers do"
            )
        if self.store is not None and not self.store.closed:
            return
        where = self.where
        self.host = core().Host(plugin_path=where.plugin_path, log=_heard)
        if where.config is not None:
            store = self.host.open(config=where.config, profile=where.profile)
        else:
            store = self.host.open(dict(where.options or ()), folder=where.folder)
        # OpenViking stores what it finds in files: one bad character must not lose a record.
        store.replace_bad_text = True
        self.store, self.pid = store, os.getpid()

    def close(self) -> None:
        store, self.store, self.host = self.store, None, None
        if store is not None and self.pid == os.getpid():
            store.close()


def take(where: Where) -> Entry:
    """An entry whose store is open; give it back once."""
    _bury_orphans()
    with _lock:
        entry = _entries.setdefault(where, Entry(where))
        entry.users += 1
    try:
        with entry.gate:
            entry.open()
    except BaseException:
        give(entry)
        raise
    return entry


def abandon(entry: Entry) -> None:
    """Give it back at the next occasion."""
    _orphans.append(entry)


def _bury_orphans() -> None:
    while _orphans:
        try:
            entry = _orphans.popleft()
        except IndexError:  # another thread was faster
            return
        give(entry)


def watch_fork(link) -> None:
    """Its lock is a new one in a forked child."""
    _links.add(link)


def give(entry: Entry) -> None:
    with _lock:
        entry.users -= 1
    with entry.gate:
        # Who took it meanwhile waits at the gate and opens it again.
        if entry.users == 0:
            entry.close()
        with _lock:
            if entry.users == 0 and _entries.get(entry.where) is entry:
                del _entries[entry.where]


def _after_fork() -> None:
    """Another thread may have held these in the parent."""
    global _lock
    _lock = threading.Lock()
    for entry in _entries.values():
        entry.gate = threading.Lock()
    for link in _links:
        link.lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
