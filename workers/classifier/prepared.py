"""The classifier ready to load: the makers' weights and our changes made into one folder, once.

`make install` makes it beside the packages it is made from. Where that was not done, or after `make train`, the first
worker to need it makes it in the folder of models.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.classifier import encoder, weights
from workers.classifier.encoder import Encoder
from workers.classifier.passages import Cutter
from workers.classifier.weights import Array
from workers.folders import make_once

TOKENIZER, HEAD = "tokenizer.json", "head.npz"


@dataclass(frozen=True)
class Prepared:
    encoder: Encoder
    cutter: Cutter
    head_weight: Array
    head_bias: Array


def load(models_dir: Path) -> Prepared:
    """Raises WeightsMissing, WeightsCorrupt where it is not made yet and cannot be."""
    places = (installed() / name(), models_dir / name())
    folder = next((place for place in places if place.is_dir()), places[-1])
    make_once(folder, fill)
    head = np.load(folder / HEAD)
    cutter = Cutter(weights.tokenizer_of((folder / TOKENIZER).read_bytes()))
    return Prepared(Encoder(folder), cutter, head["weight"], head["bias"])


def install() -> Path:
    """Makes it for everybody who uses this environment."""
    folder = installed() / name()
    make_once(folder, fill)
    return folder


def installed() -> Path:
    return Path(sys.prefix) / "share" / "candid"


def name() -> str:
    """Another training, another way of computing or another base makes another folder."""
    trained = hashlib.sha256(weights.TRAINED.read_bytes()).hexdigest()
    return f"insights-{trained[:12]}-{weights.MODEL_SHA256[:8]}-{encoder.COMPUTE}"


def fill(folder: Path) -> None:
    base, trained = weights.base(), weights.trained()
    tokenizer = weights.tokenizer_of(base.tokenizer)
    encoder.write(folder, weights.changed(base.arrays, trained.changes), tokenizer)
    (folder / TOKENIZER).write_bytes(base.tokenizer)
    np.savez(folder / HEAD, weight=trained.head_weight, bias=trained.head_bias)
