"""Domain names that look as if a program had made them: gradient boosted trees
of scikit-learn over what a name is made of."""

import math
import pickle
import pkgutil

import numpy as np

import tiercel

VOWELS = frozenset(b"aeiouy")
DIGITS = frozenset(b"0123456789")
FEATURES = 12


def features(name, bigrams):
    """What the trees see of a name, bytes in lower case: one row."""
    labels = name.split(b".")
    longest = max(labels, key=len)
    n = max(len(longest), 1)
    counts = {}
    run = longest_run = changes = 0
    for i, c in enumerate(longest):
        counts[c] = counts.get(c, 0) + 1
        run = 0 if c in VOWELS else run + 1
        longest_run = max(longest_run, run)
        changes += i > 0 and (c in DIGITS) != (longest[i - 1] in DIGITS)
    pairs = [bigrams[longest[i] & 127, longest[i + 1] & 127] for i in range(len(longest) - 1)] or [0.0]
    return [
        len(name),
        len(labels),
        len(longest),
        sum(map(len, labels)) / len(labels),
        sum(c in DIGITS for c in longest) / n,
        sum(c in VOWELS for c in longest) / n,
        longest_run,
        changes,
        len(counts) / n,
        -sum(k / n * math.log(k / n) for k in counts.values()),
        sum(pairs) / len(pairs),
        min(pairs),
    ]


class Names(tiercel.Learner):
    description = """\
tiercel 1
id names-forest
version 1.0.0
title Names that a program made, by trees of scikit-learn
kind dns
text name
range 0 1
cost 30000
"""

    def __init__(self, model=None):
        # The archive was hashed before it was started: what is unpickled is
        # what its author pinned.
        model = model or pickle.loads(pkgutil.get_data("learner", "model.pickle"))
        self.trees, self.bigrams = model["trees"], model["bigrams"]

    def score(self, frame):
        names = frame.texts[0]
        scores = np.full(frame.rows, np.nan, "<f4")
        rows, owner = [], []
        for i in range(frame.rows):
            for name in names.of(i):
                if name:
                    rows.append(features(name, self.bigrams))
                    owner.append(i)
        if rows:
            p = self.trees.predict_proba(np.array(rows))[:, 1]
            np.fmax.at(scores, owner, p.astype("<f4"))  # the worst name of a record
        return scores
