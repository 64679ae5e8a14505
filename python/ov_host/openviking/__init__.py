# SPDX-License-Identifier: Apache-2.0
"""OpenViking on the storage host.

What `storage.vectordb.backend` in ov.conf names is `ov_host.openviking.HostCollectionAdapter`.

OpenViking imports this module by that name and passes over an ImportError, AttributeError or
TypeError in silence ("backend is not supported"). So nothing here loads a shared object: the
extension and the providers are loaded by `from_config`, where an error is shown as it is; and an
OpenViking that this package cannot work with is a RuntimeError, which is not passed over.
"""

import importlib
import importlib.util

_PLACES = {"HostCollectionAdapter": "adapter", "HostCollection": "collection"}
__all__ = ["HostCollection", "HostCollectionAdapter"]


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if importlib.util.find_spec("openviking") is None:
        raise ImportError(f"{name} needs the package openviking, which is not installed")
    try:
        found = getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    except (ImportError, AttributeError, TypeError) as err:
        raise RuntimeError(
            f"ov_host cannot work with this release of OpenViking: {type(err).__name__}: {err}"
        ) from err
    globals()[name] = found
    return found


def __dir__():
    return sorted([*globals(), *_PLACES])
