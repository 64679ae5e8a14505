# SPDX-License-Identifier: Apache-2.0
"""The ranking by age is exact, however few records are read for it."""

import os
import random
import time
import unittest

from ov_host.openviking import decay

DAY = 86400000.0
SPEC = decay.Spec("t", 1000 * DAY, 0.0, 7 * DAY, 0.5)


def source(rows):
    """fetch() over rows of (key, raw, record); how much was asked for is in .asked."""
    rows = sorted(rows, key=lambda row: (-row[1], row[0]))

    def fetch(n):
        fetch.asked = max(fetch.asked, n)
        return rows[:n]

    fetch.asked = 0
    return fetch


def everything(rows, spec):
    fused = []
    for key, raw, record in rows:
        times = decay.factor(spec, record["t"])
        fused.append((-(raw if times is None else raw * times), key))
    return [key for _, key in sorted(fused)]


class Factor(unittest.TestCase):
    def test_it_halves_with_each_scale_in_both_directions(self):
        for days in (-7, 7):
            self.assertAlmostEqual(decay.factor(SPEC, 1000 * DAY + days * DAY), 0.5)
        self.assertEqual(decay.factor(SPEC, 1000 * DAY), 1.0)

    def test_nothing_fades_within_the_offset(self):
        spec = SPEC._replace(offset_ms=3 * DAY)

        self.assertEqual(decay.factor(spec, 998 * DAY), 1.0)
        self.assertAlmostEqual(decay.factor(spec, 990 * DAY), 0.5)

    def test_a_text_is_an_instant_and_a_missing_time_is_none(self):
        self.assertEqual(decay.milliseconds("1970-01-02T09:00:00+09:00"), DAY)
        self.assertEqual(decay.milliseconds("1970-01-02T00:00:00Z"), DAY)
        for value in ("", None, "no time", True):
            self.assertIsNone(decay.factor(SPEC, value))

    def test_terms_that_are_incomplete_or_out_of_range_are_refused(self):
        good = {"field": "t", "origin_ms": 0, "offset_ms": 0, "scale_ms": 1, "decay": 0.5}
        self.assertEqual(decay.spec_of(good).decay, 0.5)
        for name, value in (
            ("scale_ms", 0), ("decay", 1), ("decay", 0), ("offset_ms", -1), ("origin_ms", "x"),
            ("decay", None),
        ):
            with self.assertRaises(ValueError, msg=name):
                decay.spec_of({**good, name: value})
        with self.assertRaises(ValueError):
            decay.spec_of({"field": "t"})


class Ranking(unittest.TestCase):
    def test_it_equals_the_ranking_of_all_records(self):
        numbers = random.Random(7)
        for low, high in ((0.0, 1.0), (-1.0, 1.0), (-9.0, -1.0)):
            rows = [
                (f"k{i:04}", numbers.uniform(low, high),
                 {"t": numbers.choice([None, 1000 * DAY - numbers.uniform(0, 60) * DAY])})
                for i in range(3000)
            ]
            for wanted in (1, 10, 100, 4000):
                got = decay.ranked(source(rows), SPEC, wanted)

                self.assertEqual([row.key for row in got], everything(rows, SPEC)[:wanted])

    def test_it_stops_as_soon_as_nothing_unread_can_come_first(self):
        rows = [(f"k{i:04}", 1.0 - i / 10000, {"t": 1000 * DAY}) for i in range(5000)]
        fetch = source(rows)

        decay.ranked(fetch, SPEC, 10)

        self.assertEqual(fetch.asked, decay.FIRST_PAGE)

    def test_a_record_far_down_rises_above_all_that_are_old(self):
        rows = [(f"k{i:04}", 0.9, {"t": 0.0}) for i in range(2000)]
        rows.append(("young", 0.1, {"t": 1000 * DAY}))

        best = decay.ranked(source(rows), SPEC, 1)[0]

        self.assertEqual((best.key, best.score, best.raw, best.factor), ("young", 0.1, 0.1, 1.0))

    def test_equal_scores_come_in_the_order_of_keys(self):
        rows = [(key, 0.5, {"t": None}) for key in ("c", "a", "b")]

        self.assertEqual([row.key for row in decay.ranked(source(rows), SPEC, 3)], ["a", "b", "c"])

    def test_none_wanted_is_none_read(self):
        fetch = source([("a", 1.0, {"t": None})])

        self.assertEqual(decay.ranked(fetch, SPEC, 0), [])
        self.assertEqual(fetch.asked, 0)


def set_zone(zone):
    os.environ.pop("TZ", None)
    if zone is not None:
        os.environ["TZ"] = zone
    time.tzset()


class Zones(unittest.TestCase):
    def test_a_time_without_an_offset_is_utc_whatever_the_zone_of_the_process(self):
        self.addCleanup(set_zone, os.environ.get("TZ"))
        for zone in ("UTC", "JST-9"):
            set_zone(zone)

            self.assertEqual(decay.milliseconds("2026-03-01T00:00:00.9999"), 1772323200999.0)
            self.assertEqual(decay.milliseconds("2026-03-01"), 1772323200000.0)
            self.assertEqual(decay.milliseconds("2026-03-01T00:00:00+09:00"), 1772290800000.0)


if __name__ == "__main__":
    unittest.main()
