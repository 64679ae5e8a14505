# SPDX-License-Identifier: Apache-2.0
"""From the section storage.vectordb of ov.conf to what the host is opened with.

Everything that is not OpenViking's own stands in `custom_params`: the keys of the INI file,
`backend` first, or `config` (an INI file) and `profile`, and a few of the adapter's. One of the
two must be there: OpenViking drops what it does not know without a word, so whoever misspelt
custom_params, or wrote the server's url beside it, would store somewhere else and not notice.
What both could say, ov.conf says; a key of custom_params that contradicts it is an error, since
OpenViking would go on believing its own.
"""

import os
from typing import Any, NamedTuple

DEFAULT_NAME = "context"
DEFAULT_INDEX = "default"
NATIVE = ("native", "local", "embedded")
NATIVE_FOLDER = "ov_native"  # below the workspace, beside the built-in engine's `vectordb`

ADAPTER_KEYS = ("config", "profile", "plugin_path", "use_content_field", "score_scale", "mode")
SAID_BY_OV_CONF = {
    "distance": "distance_metric",
    "dimension": "dimension",
    "sparse_weight": "sparse_weight",
}
SCALES = ("auto", "raw", "affine")
MODES = ("local", "vikingdb")


class Where(NamedTuple):
    """What decides which store is meant: adapters that agree in it share one."""

    options: tuple[tuple[str, Any], ...] | None
    config: str | None
    profile: str
    folder: str | None
    plugin_path: str | None


class Settings(NamedTuple):
    where: Where
    name: str  # as OpenViking says
    table: str | None  # the collection that stands for "context"; None: as the profile says
    index_name: str  # as OpenViking says
    index: str | None  # the index that stands for "default"; None: as the profile says
    use_content_field: bool
    score_scale: str
    mode: str


# A value of the provider's stands in no message: it may be a password.
def _fail(key: str, text: str) -> ValueError:
    return ValueError(f"storage.vectordb.custom_params: '{key}' {text}")


def _text(params: dict, key: str, fallback: Any = None) -> Any:
    value = params.pop(key, fallback)
    if value is not fallback and not isinstance(value, str):
        raise _fail(key, f"is of type {type(value).__name__}, not a text")
    return value


def _path(params: dict, key: str) -> str | None:
    """Python code may say it by an os.PathLike."""
    value = params.get(key)
    if isinstance(value, os.PathLike):
        params[key] = os.fspath(value)
    return _text(params, key)


def _one_of(params: dict, key: str, words: tuple[str, ...]) -> str:
    value = _text(params, key, words[0])
    if value not in words:
        raise _fail(key, f"is {value!r}: one of {', '.join(words)}")
    return value


def _truth(params: dict, key: str) -> bool:
    value = params.pop(key, False)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        value = value.lower() == "true"
    if not isinstance(value, bool):
        raise _fail(key, f"is {value!r}, neither true nor false")
    return value


def _agree(config: Any, params: dict) -> None:
    """Take out what ov.conf says itself, and see that it is not said otherwise."""
    for key, name in SAID_BY_OV_CONF.items():
        said = getattr(config, name, None)
        given = params.pop(key, said)
        if given == said or (key == "dimension" and not said) or str(given) == str(said):
            continue
        raise _fail(
            key, f"is {given!r}, but storage.vectordb.{name} is {said!r}; say it there, and only there"
        )


def _absolute(path: str, folder: str | None) -> str:
    if "$" in path:  # a variable, which the host replaces
        return path
    return os.path.realpath(os.path.join(folder or "", path))


def _options(config: Any, params: dict, folder: str | None) -> tuple[tuple[str, Any], ...]:
    options = dict(params)
    for key, value in params.items():
        if isinstance(value, os.PathLike):
            options[key] = os.fspath(value)
        elif not isinstance(value, (str, int, float)):
            raise _fail(key, f"is of type {type(value).__name__}, neither text, number nor truth")
    if options["backend"] in NATIVE:
        if not options.get("path") and not folder:
            raise _fail("path", "is missing, and so is storage.workspace below which it would lie")
        options["path"] = _absolute(str(options.get("path") or NATIVE_FOLDER), folder)
    return tuple(sorted(options.items()))


def _demand(config: Any, params: dict) -> None:
    """Where the records go is said, in one place, and in the one that is read."""
    if getattr(config, "url", None):
        raise ValueError(
            "storage.vectordb.url is set and would not be read: say it as 'url' in "
            "storage.vectordb.custom_params"
        )
    if not params.get("config") and not params.get("backend"):
        raise ValueError(
            "storage.vectordb.custom_params names neither 'backend' nor 'config', so nothing says "
            "where the records go; {\"backend\": \"native\"} keeps them below the workspace"
        )


def _where(config: Any, params: dict) -> Where:
    folder = getattr(config, "path", None)
    folder = os.path.abspath(folder) if folder else None
    plugin_path = _path(params, "plugin_path")
    profile = _text(params, "profile", "")
    ini = _path(params, "config")
    if ini is None:
        if profile:
            raise _fail("profile", "names a section of an INI file, and 'config' names none")
        return Where(_options(config, params, folder), None, "", folder, plugin_path)
    if params:
        key = sorted(params)[0]
        raise _fail(key, f"belongs into '{ini}', which 'config' names")
    return Where(None, os.path.abspath(os.path.join(folder or "", ini)), profile, None, plugin_path)


def settings_of(config: Any) -> Settings:
    """ValueError names the key."""
    params = dict(getattr(config, "custom_params", None) or {})
    _demand(config, params)
    _agree(config, params)
    table, index = _text(params, "table"), _text(params, "index_name")
    use_content_field = _truth(params, "use_content_field")
    score_scale, mode = _one_of(params, "score_scale", SCALES), _one_of(params, "mode", MODES)
    if mode == "vikingdb" and not use_content_field:
        raise _fail("mode", "is 'vikingdb', which needs use_content_field: true")
    return Settings(
        where=_where(config, params),
        name=getattr(config, "name", None) or DEFAULT_NAME,
        table=table,
        index_name=getattr(config, "index_name", None) or DEFAULT_INDEX,
        index=index,
        use_content_field=use_content_field,
        score_scale=score_scale,
        mode=mode,
    )
