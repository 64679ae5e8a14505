# SPDX-License-Identifier: Apache-2.0
"""What the tests share: configurations of both providers, OpenViking's facade, its schema.

Run with an interpreter that has OpenViking and finds ov_host; OV_PLUGIN_PATH names the providers
of the build, OV_TEST_PG_INI a PostgreSQL (scripts/pg). Without the latter the tests on
PostgreSQL are skipped and say so.
"""

import asyncio
import configparser
import contextlib
import importlib.metadata
import itertools
import logging
import os
import shutil
import tempfile
import unittest
from types import SimpleNamespace

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the network
logging.disable(logging.ERROR)  # OpenViking tells every fault that a test provokes

from openviking.server.identity import RequestContext, Role  # noqa: E402
from openviking.storage.collection_schemas import CollectionSchemas  # noqa: E402
from openviking.storage.viking_vector_index_backend import VikingVectorIndexBackend  # noqa: E402
from openviking.storage.vectordb_adapters.factory import create_collection_adapter  # noqa: E402
from openviking_cli.session.user_id import UserIdentifier  # noqa: E402
from openviking_cli.utils.config.vectordb_config import VectorDBBackendConfig  # noqa: E402

BACKEND = "ov_host.openviking.HostCollectionAdapter"
PG_INI = os.environ.get("OV_TEST_PG_INI")
DIM = 4
VERSION = importlib.metadata.version("openviking")
_numbers = itertools.count(1)


def context(account: str, user: str = "ann", role: Role = Role.ROOT) -> RequestContext:
    return RequestContext(user=UserIdentifier(account, user), role=role)


def schema(name: str = "context", description: str | None = None, dim: int = DIM) -> dict:
    return CollectionSchemas.context_collection(name, dim, description=description)


def vector(*numbers: float) -> list[float]:
    return [*map(float, numbers), *[0.0] * (DIM - len(numbers))]


class Place:
    """A provider in a place of its own, removed at the end."""

    def __init__(self, custom: dict, workspace: str):
        self.custom, self.workspace = custom, workspace

    def config(self, custom: dict | None = None, **more) -> VectorDBBackendConfig:
        given = {"backend": BACKEND, "path": self.workspace, "dimension": DIM,
                 "custom_params": {**self.custom, **(custom or {})}}
        return VectorDBBackendConfig(**{**given, **more})

    def adapter(self, custom: dict | None = None, **more):
        return create_collection_adapter(self.config(custom, **more))


class OnNative:
    @classmethod
    def open_place(cls) -> Place:
        workspace = tempfile.mkdtemp(prefix="ov-adapter-")
        cls.addClassCleanup(shutil.rmtree, workspace, ignore_errors=True)
        return Place({"backend": "native"}, workspace)


class OnPostgres:
    @classmethod
    def open_place(cls) -> Place:
        if not PG_INI:
            raise unittest.SkipTest("no PostgreSQL: OV_TEST_PG_INI is not set")
        parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(" ;",))
        parser.read(PG_INI)
        custom = {k: v.strip('"') for k, v in parser["storage.vectordb"].items()}
        for key in ("table", "index_name"):
            custom.pop(key, None)
        custom["schema"] = f"adapter_{os.getpid()}_{next(_numbers)}"
        workspace = tempfile.mkdtemp(prefix="ov-adapter-")
        cls.addClassCleanup(shutil.rmtree, workspace, ignore_errors=True)
        return Place(custom, workspace)


class PlaceCase(unittest.TestCase):
    """Each test has a place whose collection is dropped before it ends."""

    place: Place

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.open_place()

    def adapter(self, custom: dict | None = None, **more):
        adapter = self.place.adapter(custom, **more)
        self.addCleanup(adapter.close)
        return adapter

    def made(self, custom: dict | None = None, meta: dict | None = None, **more):
        """An adapter with a collection that is empty."""
        adapter = self.adapter(custom, **more)
        adapter.drop_collection()
        create(adapter, meta or schema(), **more)
        self.addCleanup(adapter.drop_collection)
        return adapter


def create(adapter, meta: dict, sparse_weight: float = 0.0, distance_metric: str = "cosine",
           name: str = "context", index_name: str = "default", **_) -> bool:
    return adapter.create_collection(
        name, meta, distance=distance_metric, sparse_weight=sparse_weight, index_name=index_name
    )


class _Resolver:
    """What newer releases ask for each account: all of them share the one store here."""

    def __init__(self, config):
        self._settings = SimpleNamespace(dedicated_vectordb=False, vectordb=config, embedding=None)

    async def resolve(self, account_id: str):
        return self._settings


@contextlib.asynccontextmanager
async def facade(config: VectorDBBackendConfig, create_it: bool = True):
    """OpenViking's own VikingVectorIndexBackend with an empty collection."""
    backend = VikingVectorIndexBackend(config)
    if hasattr(backend, "set_vector_config_resolver"):
        backend.set_vector_config_resolver(_Resolver(config))
    try:
        if create_it:
            await backend.drop_collection()
            assert await backend.create_collection("context", schema())
        yield backend
    finally:
        if create_it:
            backend._shared_adapter.drop_collection()
        await backend.close()
        backend._shared_adapter.close()


class FacadeCase(PlaceCase):
    def run_with_facade(self, work, **more):
        async def whole():
            async with facade(self.place.config(**more)) as backend:
                return await work(backend)

        return asyncio.run(whole())


def record(key: str, uri: str, **more) -> dict:
    return {
        "id": key, "uri": uri, "context_type": "resource", "level": 2, "vector": vector(1),
        "abstract": f"about {key}", "updated_at": "2026-01-01T00:00:00.000Z", **more,
    }
