"""Tests of learner.py in this process: frames as the engine writes them."""

import struct
import unittest

import numpy as np

import learner
import tiercel


def frame(x):
    """The frame of some rows of numbers."""
    x = np.array(x, "<f4")
    size = 32 + x.nbytes
    return struct.pack("<8I", 0x31464354, *x.shape, 0, size, size, 0, 0) + x.tobytes()


ROWS = [[1, 2, 3], [4, np.nan, 6]]


class LinearTest(unittest.TestCase):
    def test_each_weight_is_1_before_a_configuration(self):
        np.testing.assert_array_equal(learner.Linear().score(tiercel.Frame(frame(ROWS))), [6, 10])

    def test_configured(self):
        linear = learner.Linear()
        linear.configure(b"0.5 -1\n2")
        np.testing.assert_array_equal(linear.score(tiercel.Frame(frame(ROWS))), [4.5, 14])

    def test_refuses(self):
        linear = learner.Linear()
        for text in (b"", b"1 x"):
            with self.assertRaises(tiercel.Refused):
                linear.configure(text)
        linear.configure(b"1 2")
        with self.assertRaises(tiercel.Refused):
            linear.score(tiercel.Frame(frame(ROWS)))


class ServiceTest(unittest.TestCase):
    """What the host sends and gets."""

    def setUp(self):
        self.service = tiercel.Service(learner.Linear())

    def test_describe(self):
        reply = dict(tiercel.read_fields(self.service.describe(b"")))
        self.assertTrue(bytes(reply[1]).startswith(b"tiercel 1\nid "))

    def test_score(self):
        self.assertEqual(self.service.configure(tiercel.field(1, "0.5 -1 2")), b"")
        reply = dict(tiercel.read_fields(self.service.score(tiercel.field(1, frame(ROWS)))))
        np.testing.assert_array_equal(np.frombuffer(reply[1], "<f4"), [4.5, 14])

    def test_bad_frame(self):
        for bad in (b"", frame(ROWS)[:-4], b"x" * 40):
            reply = dict(tiercel.read_fields(self.service.score(tiercel.field(1, bad))))
            self.assertEqual(reply[2], tiercel.BAD_FRAME)


if __name__ == "__main__":
    unittest.main()
