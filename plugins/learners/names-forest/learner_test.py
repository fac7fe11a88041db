"""Tests of what was built, build/names-forest, and of what its model learnt."""

import sys
import unittest

sys.path.insert(0, "build/names-forest")  # an archive of modules

import numpy as np

import learner  # noqa: E402
import tiercel  # noqa: E402
from names import Maker


def texts(rows):
    """A frame's text column of lists of names."""
    values = [v for row in rows for v in row]
    first = np.cumsum([0] + [len(row) for row in rows])
    offset = np.cumsum([0] + [len(v) for v in values])
    return tiercel.Texts(first, offset, memoryview(b"".join(values)))


class Frame:
    def __init__(self, rows):
        self.rows, self.texts = len(rows), [texts(rows)]


class NamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.names = learner.Names()

    def test_tells_made_names_from_ordinary_ones(self):
        names, labels = Maker(1, 7).rows(400)  # words that it has not seen
        scores = self.names.score(Frame([[n.encode()] for n in names]))
        right = np.mean((scores > 0.5) == np.array(labels, bool))
        self.assertGreater(right, 0.95)

    def test_the_worst_name_of_a_record(self):
        made, ordinary = b"xq7zkvj2mwpt9rbx.com", b"www.garden-light.com"
        both, one, none = self.names.score(Frame([[ordinary, made], [made], []]))
        self.assertEqual(both, one)
        self.assertTrue(np.isnan(none))

    def test_any_bytes(self):
        odd = [b".", b"..", b"\x00\xff\xfe", b"a", b"-" * 5000]
        scores = self.names.score(Frame([[n] for n in odd]))
        self.assertTrue(np.all((scores >= 0) & (scores <= 1)))


if __name__ == "__main__":
    unittest.main()
