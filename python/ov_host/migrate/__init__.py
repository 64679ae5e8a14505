# SPDX-License-Identifier: Apache-2.0
"""Moves the records of OpenViking's built-in engine into a store of the host.

    python -m ov_host.migrate --from-openviking WORKSPACE --to ov.ini

The files of the built-in engine are read through the installed openviking package and
never written; what arrives is read back and compared, every field and every bit of every
vector. Started again after an interruption it goes on: a record that is there and equal is
not written again.
"""
