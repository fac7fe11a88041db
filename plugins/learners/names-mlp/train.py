"""Trains the weights that learner.c carries, on the names that ../names-forest
makes: train.py weights.h"""

import sys

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from names import Maker

BUCKETS, HIDDEN = 128, 32


def encode(name):
    """Shares of pairs of bytes, hashed to buckets: as learner.c does."""
    x = np.zeros(BUCKETS, "f4")
    data = name.encode()[-253:]
    for a, b in zip(data, data[1:]):
        x[(a * 31 + b) % BUCKETS] += 1
    return x / max(len(data) - 1, 1)


def array(name, values):
    text = ", ".join(f"{v:.5g}f" if "." in f"{v:.5g}" or "e" in f"{v:.5g}" else f"{v:.5g}.0f" for v in np.ravel(values))
    return f"static const float {name}[{np.size(values)}] __attribute__((aligned(16))) = {{{text}}};\n"


def main(out):
    names, labels = Maker(0, 1).rows(6000)
    net = MLPClassifier((HIDDEN,), max_iter=60, random_state=1)
    net.fit([encode(n) for n in names], labels)
    unseen, truth = Maker(1, 2).rows(3000)
    p = net.predict_proba([encode(n) for n in unseen])[:, 1]
    print(f"AUROC {roc_auc_score(truth, p):.4f} on {len(unseen)} names of words that it has not seen")
    with open(out, "w") as f:
        f.write("/* Made by train.py. */\n")
        f.write(f"#define BUCKETS {BUCKETS}\n#define HIDDEN {HIDDEN}\n")
        f.write(array("first", net.coefs_[0]) + array("bias", net.intercepts_[0]))
        f.write(array("second", net.coefs_[1]) + array("offset", net.intercepts_[1]))


if __name__ == "__main__":
    main(sys.argv[1])
