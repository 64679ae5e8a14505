# SPDX-License-Identifier: Apache-2.0
from ov_host._core import (
    ClosedError as ClosedError,
    Collection as Collection,
    DeadlineError as DeadlineError,
    DeniedError as DeniedError,
    Error as Error,
    ExistsError as ExistsError,
    FailedError as FailedError,
    Host as Host,
    InvalidError as InvalidError,
    NoRecordError as NoRecordError,
    NotFoundError as NotFoundError,
    Page as Page,
    Store as Store,
    UnavailableError as UnavailableError,
    UnsupportedError as UnsupportedError,
    plugin_path_of as plugin_path_of,
    version as version,
)

__version__: str
