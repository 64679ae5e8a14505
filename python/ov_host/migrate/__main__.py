# SPDX-License-Identifier: Apache-2.0
"""The command: python -m ov_host.migrate. Status 0: done; 1: failed; 2: wrong usage. What is
interrupted says so and ends by that signal, so that a shell's loop ends with it."""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from . import target
from .errors import Refused, Usage
from .move import Move, Tally
from .progress import Bar
from .source import Source

_AGAIN = "run it again and it goes on"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_INTERRUPTED = 128 + signal.SIGINT
_NAMED = 20  # records that are complained about one by one


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise Usage(message)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m ov_host.migrate", allow_abbrev=False,
                     description="Move a collection of OpenViking's built-in engine into a store.")
    parser.add_argument("--from-openviking", metavar="WORKSPACE", required=True, type=Path,
                        help="the folder that ov.conf names as storage.workspace; it is only read")
    parser.add_argument("--to", metavar="FILE.ini", required=True,
                        help="where to: 'context' becomes what the file names as table, a "
                        "collection of another name keeps it, as OpenViking will look for it")
    parser.add_argument("--profile", metavar="NAME", default="", help="a profile of FILE.ini")
    parser.add_argument("--collection", metavar="NAME",
                        help="which collection of the workspace, when it holds several")
    parser.add_argument("--batch", metavar="N", type=_positive, default=500,
                        help="records in one write (500)")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    return parser


class _Voice:
    """What is said and where: answers on standard output, complaints on standard error."""

    def __init__(self, as_json: bool) -> None:
        self.json = as_json
        self.bar = Bar()
        self._complaints = 0

    def complain(self, text: str) -> None:
        self._complaints += 1
        if self._complaints > _NAMED:
            return
        self.bar.end()
        print(f"ov_host.migrate: {text}", file=sys.stderr)
        if self._complaints == _NAMED:
            print("ov_host.migrate: further ones are counted only", file=sys.stderr)

    def fail(self, code: str, text: str, where: str = "") -> None:
        self.bar.end()
        if self.json:
            print(json.dumps({"error": {"code": code, "message": text, "where": where}}))
        else:
            print(f"ov_host.migrate: {text}", file=sys.stderr)

    def say(self, text: str) -> None:
        if not self.json:
            self.bar.end()
            print(text)

    def answer(self, tally: Tally) -> None:
        self.bar.end()
        if self.json:
            print(json.dumps(vars(tally)))
            return
        if tally.expired:
            print(f"{tally.expired} expired and were left out")
        if tally.failed:
            print(f"{tally.failed} failed")
        print(f"{tally.records} records, {tally.written} written, {tally.already} already there, "
              f"{tally.verified} verified")


def _move(arguments: argparse.Namespace, voice: _Voice, source: Source, store: Any) -> Tally:
    collection = target.make(store, source)
    voice.say(f"'{source.name}' of {arguments.from_openviking} (openviking "
              f"{source.engine.version}) to '{collection.name}' of {store.provider}")
    total = len(source)
    move = Move(collection, source.types, voice.complain)
    with target.bulk(collection):
        tally = move.run(source, arguments.batch,
                         lambda done: voice.bar.show("moving", done, total))
    others = collection.count() - tally.verified
    if others > 0:
        voice.say(f"'{collection.name}' holds {others} more that are not of the source")
    return tally


def _said(error: Exception, full: bool) -> str:
    """Of a full disk what failed need not say so: SQLite calls some of its writes an I/O error."""
    return f"{error}: no space is left; make room, {_AGAIN}" if full else str(error)


def _run(arguments: argparse.Namespace, voice: _Voice) -> int:
    import ov_host

    try:
        with (Source(arguments.from_openviking, arguments.collection) as source,
              ov_host.Host().open(config=arguments.to, profile=arguments.profile) as store):
            store.replace_bad_text = True
            tally = _move(arguments, voice, source, store)
    except Refused as refused:
        voice.fail(refused.code, str(refused))
        return 1
    except ov_host.Error as error:
        voice.fail(error.code, _said(error, error.code == "OV_NO_SPACE"), error.where)
        return 1
    except (OSError, RuntimeError) as error:
        full = getattr(error, "errno", None) in _FULL
        voice.fail("OV_NO_SPACE" if full else "OV_INTERNAL", _said(error, full))
        return 1
    except KeyboardInterrupt:
        voice.fail("OV_CANCELLED", f"cancelled; {_AGAIN}")
        return _INTERRUPTED
    voice.answer(tally)
    return 1 if tally.failed else 0


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    # The package logs to standard output; what matters of it arrives as an exception.
    logging.disable(logging.CRITICAL)
    try:
        arguments = _parser().parse_args(words)
    except Usage as usage:
        _Voice("--json" in words).fail("OV_INVALID", str(usage))
        return 2
    status = _run(arguments, _Voice(arguments.json))
    if status == _INTERRUPTED:
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return status


if __name__ == "__main__":
    sys.exit(main())
