# SPDX-License-Identifier: Apache-2.0
"""One line on standard error that is written over itself, on a terminal only."""

from __future__ import annotations

import os
import shutil
import sys
import time

_INTERVAL = 0.1


class Bar:
    def __init__(self) -> None:
        self._shown_at = 0.0
        self._on = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, what: str, value: int, total: int) -> None:
        now = time.monotonic()
        if not self._on or (self._shown_at and now - self._shown_at < _INTERVAL and value < total):
            return
        self._shown_at = now
        room = max(4, min(50, shutil.get_terminal_size().columns - len(what) - 10))
        share = min(1.0, value / total) if total else 1.0
        full = int(share * room)
        sys.stderr.write(f"\r{what} [{'#' * full}{' ' * (room - full)}] {int(share * 100):3d} %")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shown_at:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._shown_at = 0.0
