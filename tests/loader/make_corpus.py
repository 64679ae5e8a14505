#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_corpus.py PROVIDER FOLDER: the smallest files that pass preflight, one for each kind
of hash table, for the machine that PROVIDER was built for. A fuzzer changes 800 bytes with
more luck than a compiler's 15,000."""
import os
import struct
import sys

with open(sys.argv[1], "rb") as provider:
    header = provider.read(20)
if header[:5] != b"\x7fELF\2":
    sys.exit(f"{sys.argv[1]!r} is no ELF file of 64 bits")
ORDER = {1: "<", 2: ">"}[header[5]]
MACHINE = struct.unpack(ORDER + "H", header[18:20])[0]
ENTRY, ABI = b"ov_backend_get", b"ov_backend_abi_version"


def note(name):
    text = lambda t, n: t.encode().ljust(n, b"\0")
    return (struct.pack(ORDER + "III4sIIII", 4, 240, 1, b"OVB\0", 1, 0x10000, 0x10000, 0)
            + text(name, 32) + text("1.0", 32) + text("Zoo", 32) + text("fine", 128))


def file(gnu):
    at_phdr, n_phdr = 64, 3
    at_note = at_phdr + 56 * n_phdr
    body = note("good")
    at_sym = at_note + len(body)
    strings = b"\0" + ENTRY + b"\0" + ABI + b"\0"
    at_abi = at_sym + 3 * 24
    at_str = at_abi + 8
    at_hash = (at_str + len(strings) + 7) & ~7
    if gnu:  # one bucket, symbols 1 and 2, no bloom words
        table = struct.pack(ORDER + "IIIIIII", 1, 1, 0, 0, 1, 2, 3)
    else:
        table = struct.pack(ORDER + "IIIIII", 1, 3, 1, 0, 2, 0)
    at_dyn = (at_hash + len(table) + 7) & ~7
    dyn = b"".join(struct.pack(ORDER + "QQ", *e) for e in (
        (5, at_str), (10, len(strings)), (6, at_sym), (11, 24),
        (0x6FFFFEF5 if gnu else 4, at_hash), (0, 0)))
    end = at_dyn + len(dyn)
    head = struct.pack(ORDER + "4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, header[5], 1, 0,
                       3, MACHINE, 1, 0, at_phdr, 0, 0, 64, 56, n_phdr, 0, 0, 0)
    phdr = lambda kind, off, n, align: struct.pack(ORDER + "IIQQQQQQ", kind, 4, off, off, off, n, n, align)
    out = bytearray(end)
    put = lambda at, b: out.__setitem__(slice(at, at + len(b)), b)
    put(0, head)
    put(at_phdr, phdr(1, 0, end, 4096) + phdr(4, at_note, len(body), 4)
        + phdr(2, at_dyn, len(dyn), 8))
    put(at_note, body)
    symbol = lambda name, info, value, n: struct.pack(ORDER + "IBBHQQ", name, info, 0, 1, value, n)
    put(at_sym, bytes(24) + symbol(1, 0x12, at_note, 16)
        + symbol(2 + len(ENTRY), 0x11, at_abi, 4))
    put(at_abi, struct.pack(ORDER + "I", 0x10000))
    put(at_str, strings)
    put(at_hash, table)
    put(at_dyn, dyn)
    return bytes(out)


os.makedirs(sys.argv[2], exist_ok=True)
for name, gnu in (("sysv_hash", False), ("gnu_hash", True)):
    with open(os.path.join(sys.argv[2], name), "wb") as out:
        out.write(file(gnu))
