# SPDX-License-Identifier: Apache-2.0
"""What stands in place of OpenViking's local collection and local adapter during its own tests.

A test names a folder, opens it again by that name alone, and removes it to begin anew. So each folder
holds a note of the place that was made for it: a folder of the native provider, or a schema of
PostgreSQL. Without the note the place is a new one. The note has the name of the file by which the
local adapter finds a collection.
"""

import atexit
import json
import os
import tempfile
import uuid
from pathlib import Path

SIDE = os.environ["OV_SUITE_SIDE"]
NOTE = "collection_meta.json"

opened = 0  # how often this process took a store: what tells a test of one from any other
_scratch = []


def _custom_params(place, folder):
    """custom_params of ov.conf for the place of this name."""
    if SIDE == "native":
        return {"backend": "native", "path": str(Path(folder) / place)}
    return {"backend": "postgres_pgvector", "url": os.environ["OV_SUITE_URL"], "schema": place}


def _built_in_wrote(folder):
    file = Path(folder) / NOTE
    return file.exists() and "place" not in json.loads(file.read_text())


def _note_of(folder, name):
    """The note in the folder, written when there is none. `name` is a new collection's."""
    file = Path(folder) / NOTE
    if file.exists():
        return json.loads(file.read_text())
    note = {"place": f"suite_{uuid.uuid4().hex}", "name": name}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(note))
    return note


def _volatile():
    folder = tempfile.TemporaryDirectory(prefix="ov-suite-")
    _scratch.append(folder)
    return folder.name


@atexit.register
def _remove_scratch():
    for folder in _scratch:
        folder.cleanup()


def _count():
    """From now on, each store that is taken counts. An adapter that is made and never asked takes none."""
    from ov_host.openviking import shelf

    take = shelf.take
    if take.__module__ == __name__:
        return

    def counted(where):
        global opened
        opened += 1
        return take(where)

    shelf.take = counted


def open_local(meta_data=None, path=""):
    """A collection of ours, opened where one lies, else made by this schema."""
    from openviking.storage.errors import CollectionNotFoundError
    from ov_host.openviking.collection import open_collection

    folder = Path(path).resolve() if path else _volatile()
    note = _note_of(folder, (meta_data or {}).get("CollectionName"))
    options = _custom_params(note["place"], folder)
    _count()
    try:
        return open_collection(options, note["name"])
    except CollectionNotFoundError:
        if not meta_data:
            raise
    return open_collection(options, note["name"], dict(meta_data))


def replace_collection(module):
    """In openviking.storage.vectordb.collection.local_collection."""
    built_in = module.get_or_create_local_collection

    def get_or_create_local_collection(meta_data=None, path="", *, config=None):
        # Search on a graphics processor is the built-in engine's own, and so is what it wrote.
        if (config or {}).get("dense_search") or (path and _built_in_wrote(path)):
            return built_in(meta_data, path, config=config)
        return open_local(meta_data, path)

    module.get_or_create_local_collection = get_or_create_local_collection


class _Adapter:
    """What the factory knows by the name `local`. Our adapter is loaded when it is wanted: the factory
    is itself a part of what ours imports."""

    @staticmethod
    def from_config(config):
        from ov_host.openviking import HostCollectionAdapter

        _count()
        folder = config.path or _volatile()
        note = _note_of(folder, config.name)
        params = _custom_params(note["place"], folder)
        return HostCollectionAdapter.from_config(config.model_copy(update={"custom_params": params}))


def replace_adapter(module):
    """In openviking.storage.vectordb_adapters.factory."""
    module._ADAPTER_REGISTRY["local"] = _Adapter
