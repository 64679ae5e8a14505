#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The seeds of fuzz_preflight are files of the machine whose provider is given."""
import os
import struct
import subprocess
import sys
import tempfile
import unittest

MAKE = sys.argv.pop(1)
AARCH64, S390 = 183, 22


def seed_for(order, machine):
    """The first words of both seeds, made for a provider of that order and machine."""
    with tempfile.TemporaryDirectory() as folder:
        provider = os.path.join(folder, "provider.so")
        with open(provider, "wb") as out:
            out.write(b"\x7fELF\2" + bytes([order, 1]) + bytes(9))
            out.write(struct.pack("<>"[order - 1] + "HH", 3, machine))
        subprocess.run([sys.executable, MAKE, provider, folder], check=True)
        heads = []
        for name in ("gnu_hash", "sysv_hash"):
            with open(os.path.join(folder, name), "rb") as made:
                heads.append(made.read(20))
        return heads


class Seeds(unittest.TestCase):
    def test_a_seed_is_of_the_machine_of_the_provider(self):
        for head in seed_for(1, AARCH64):
            self.assertEqual(head[5], 1)
            self.assertEqual(struct.unpack("<H", head[18:])[0], AARCH64)

    def test_a_seed_has_the_byte_order_of_the_provider(self):
        for head in seed_for(2, S390):
            self.assertEqual(head[5], 2)
            self.assertEqual(struct.unpack(">H", head[18:])[0], S390)

    def test_what_is_no_elf_file_is_named(self):
        made = subprocess.run([sys.executable, MAKE, MAKE, "."], capture_output=True, text=True)

        self.assertEqual(made.returncode, 1)
        self.assertIn("make_corpus.py' is no ELF file", made.stderr)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    done = program.result
    bad = len(done.failures) + len(done.errors)
    print(f"# make_corpus: {done.testsRun - bad} passed, {bad} failed, 0 skipped")
    sys.exit(bad > 0)
