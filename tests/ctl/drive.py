# SPDX-License-Identifier: Apache-2.0
"""Run the real command, through a pipe or on a terminal of 80 columns."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time


class Answer:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class Driver:
    """One folder, one environment; everything that was printed is kept."""

    def __init__(self, ovctl, folder, env):
        self.ovctl, self.folder, self.heard = ovctl, folder, []
        self.env = {"PATH": "/usr/bin:/bin", "HOME": folder, "TERM": "xterm", "LC_ALL": "C",
                    "TZ": "UTC"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.env.update(env)

    def pipe(self, *words, stdin=b"", env=None, **more):
        done = subprocess.run([self.ovctl, *words], cwd=self.folder, input=stdin,
                              env={**self.env, **(env or {})}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, check=False, **more)
        self.heard += [done.stdout, done.stderr]
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def terminal(self, *words, env=None, columns=80):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        child = subprocess.Popen([self.ovctl, *words], cwd=self.folder, stdin=theirs,
                                 stdout=theirs, stderr=theirs,
                                 env={**self.env, **(env or {})}, start_new_session=True)
        os.close(theirs)
        out = b""
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            ready, _, _ = select.select([ours], [], [], 1)
            if not ready:
                if child.poll() is not None:
                    break
                continue
            try:
                some = os.read(ours, 65536)
            except OSError:
                break
            if not some:
                break
            out += some
        os.close(ours)
        child.wait(timeout=10)
        self.heard.append(out)
        return Answer(child.returncode, out.decode().replace("\r\n", "\n"), "")


def without_bar(text):
    """A progress bar comes and goes; how often it is drawn is a matter of speed."""
    return re.sub(r"(\r[^\r\n]*)*\r\033\[K", "", text)
