# SPDX-License-Identifier: Apache-2.0
"""A release of OpenViking that asks for more is noticed, and still starts."""

import unittest
from abc import ABC, abstractmethod

from openviking.storage.vectordb.collection.collection import ICollection
from openviking.storage.vectordb_adapters.base import CollectionAdapter
from ov_host.openviking import HostCollection, HostCollectionAdapter, interface
from ov_host.openviking.adapter import check_interface


class Newer(ICollection):
    """ICollection as a later release might have it."""

    @abstractmethod
    def compact(self, level):
        raise NotImplementedError

    @abstractmethod
    def search_by_vector(self, index_name, dense_vector=None, limit=10, must_see=None):
        raise NotImplementedError


class Interface(unittest.TestCase):
    def test_nothing_differs_from_the_release_that_is_installed(self):
        self.assertEqual(check_interface(), [])

    def test_a_new_method_and_a_new_parameter_are_named(self):
        lines = interface.differences(Newer, interface.COLLECTION)

        self.assertEqual(len(lines), 2)
        self.assertIn("Newer.compact is abstract and not known", lines[0])
        self.assertIn("Newer.search_by_vector has a parameter 'must_see'", lines[1])

    def test_a_new_abstract_method_gets_a_stub_that_says_so(self):
        class Filled(HostCollection, Newer):
            def __init__(self):
                pass

        interface.fill(Filled)

        with self.assertRaisesRegex(NotImplementedError, "Filled.compact: this release"):
            Filled().compact(3)

    def test_both_classes_are_whole_and_really_inherit(self):
        self.assertTrue(issubclass(HostCollectionAdapter, CollectionAdapter))
        self.assertTrue(issubclass(HostCollection, ICollection))
        self.assertFalse(HostCollectionAdapter.__abstractmethods__)
        self.assertFalse(HostCollection.__abstractmethods__)

    def test_every_parameter_of_the_interface_can_be_passed_by_name(self):
        import inspect

        for cls, known in ((HostCollection, interface.COLLECTION),
                           (HostCollectionAdapter, interface.ADAPTER)):
            for name, parameters in known.items():
                given = inspect.signature(getattr(cls, name)).parameters
                open_ended = any(p.kind is p.VAR_KEYWORD for p in given.values())
                for parameter in parameters.split():
                    self.assertTrue(parameter in given or open_ended, f"{name}({parameter})")

    def test_positional_arguments_are_in_openvikings_order(self):
        import inspect

        for name in ICollection.__abstractmethods__:
            theirs = [p for p in inspect.signature(getattr(ICollection, name)).parameters]
            ours = [p for p in inspect.signature(getattr(HostCollection, name)).parameters]
            if name != "search_by_multimodal":
                self.assertEqual(ours[: len(theirs)], theirs, name)

    def test_an_argument_that_is_not_known_is_refused_once_it_says_something(self):
        interface.refuse_unknown("query", {"newer": None, "other": False, "third": {}})

        with self.assertRaisesRegex(NotImplementedError, "query: the argument 'newer'"):
            interface.refuse_unknown("query", {"newer": {"op": "must"}})


class Abstract(ABC):
    @abstractmethod
    def known(self, a):
        raise NotImplementedError


class Table(unittest.TestCase):
    def test_a_method_that_is_as_it_was_is_no_difference(self):
        self.assertEqual(interface.differences(Abstract, {"known": "a"}), [])


if __name__ == "__main__":
    unittest.main()
