"""Trains the model that learner.py carries: train.py MODEL"""

import pickle
import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

import learner
from names import Maker

ROWS = 6000


def bigrams_of(names):
    """Log of how often each pair of letters follows, smoothed, of ordinary names."""
    counts = np.ones((128, 128))
    for name in names:
        data = name.encode()
        for a, b in zip(data, data[1:]):
            counts[a, b] += 1
    return np.log(counts / counts.sum(axis=1, keepdims=True))


def encode(names, bigrams):
    return np.array([learner.features(n.encode(), bigrams) for n in names])


def main(out):
    names, labels = Maker(0, 1).rows(ROWS)
    bigrams = bigrams_of(n for n, y in zip(names, labels) if not y)
    trees = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=15, random_state=1)
    trees.fit(encode(names, bigrams), labels)
    unseen, truth = Maker(1, 2).rows(ROWS // 2)
    p = trees.predict_proba(encode(unseen, bigrams))[:, 1]
    print(f"AUROC {roc_auc_score(truth, p):.4f} on {len(unseen)} names of words that it has not seen")
    with open(out, "wb") as f:
        pickle.dump({"trees": trees, "bigrams": bigrams}, f, protocol=4)


if __name__ == "__main__":
    main(sys.argv[1])
