# SPDX-License-Identifier: Apache-2.0
"""The lock of the built-in engine's store.

A running OpenViking holds an exclusive POSIX lock on the store's LOCK file. A shared one is
had only when none runs, and while it is held none starts; taking it writes nothing.
"""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path
from typing import IO

from .errors import Refused


def hold(store: Path) -> IO[bytes] | None:
    """The open LOCK file: close it to let go. None where there is none, as in a backup."""
    path = store / "LOCK"
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise Refused(
                "OV_UNAVAILABLE",
                f"OpenViking is running on '{store.parent}' ({path} is locked): stop it first",
            ) from None
        raise
    return file
