"""A base learner: a linear model over the whole row, w . x, missing values left
out. The weights come from the configuration, one number a column, so that this
file stays as it is when they change; without one each weight is 1.
Change the description, configure and score."""

import tiercel
import numpy as np


class Linear(tiercel.Learner):
    description = """\
tiercel 1
id example-python
version 0.1.0
title A linear learner in Python
kind http
feature *
cost 500
"""

    def __init__(self):
        self.weights = None  # before the first configuration

    def configure(self, text):
        try:
            weights = np.array(text.split(), dtype="<f4")
        except ValueError:
            raise tiercel.Refused(tiercel.BAD_CONFIG, "a configuration is numbers") from None
        if len(weights) == 0:
            raise tiercel.Refused(tiercel.BAD_CONFIG, "no weights")
        self.weights = weights

    def score(self, frame):
        if self.weights is None:
            self.weights = np.ones(frame.columns, "<f4")
        if len(self.weights) != frame.columns:
            raise tiercel.Refused(tiercel.BAD_COLUMNS, "weights for other columns")
        with np.errstate(all="ignore"):
            # Not x @ w: the order of its sums, so their last bits, depend on
            # how many rows there are.
            products = np.where(np.isnan(frame.x), np.float32(0), frame.x * self.weights)
            scores = products.sum(axis=1)
        scores[~np.isfinite(scores)] = np.nan
        return scores
