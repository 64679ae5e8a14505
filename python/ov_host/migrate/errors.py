# SPDX-License-Identifier: Apache-2.0
"""What ends a migration before its end."""


class Refused(Exception):
    """Nothing can be moved. code: a status' name, as the errors of the library have it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Usage(Exception):
    """The command line was not understood."""
