# SPDX-License-Identifier: Apache-2.0
"""ov_host: storage for OpenViking through providers that are found at run time.

    import ov_host

    host = ov_host.Host()
    with host.open({"backend": "native", "path": "data"}) as store:
        ...

A Host finds providers, a Store is one open profile, a Collection holds records, a Page
is an answer. The names come from the extension ``ov_host._core`` when they are first
asked for: where a system library is missing, importing the package still works and the
first use says what is missing.
"""

__version__ = "0.1.0"

_of_core = (
    "ClosedError",
    "Collection",
    "DeadlineError",
    "DeniedError",
    "Error",
    "ExistsError",
    "FailedError",
    "Host",
    "InvalidError",
    "NoRecordError",
    "NotFoundError",
    "Page",
    "Store",
    "UnavailableError",
    "UnsupportedError",
    "plugin_path_of",
    "version",
)
__all__ = list(_of_core)


def __getattr__(name):
    if name not in _of_core:
        raise AttributeError(f"module 'ov_host' has no attribute '{name}'")
    from ov_host import _core

    value = getattr(_core, name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_of_core})
