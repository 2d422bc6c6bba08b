"""The classifier ready to load: the makers' weights and our changes made into one folder, once.

`make install` makes it beside the packages it is made from. Where that was not done, or after `make train`, the first
worker to need it makes it in the folder of models.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.classifier import weights
from workers.classifier.encoder import Encoder
from workers.classifier.passages import Cutter
from workers.classifier.weights import Array
from workers.folders import make_once

TOKENIZER, MODEL, TABLES = "tokenizer.json", "encoder.onnx", "tables.npz"
WAY = "int8"  # how it computes: another way, another name here


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
    tables = np.load(folder / TABLES)
    cutter = Cutter(weights.tokenizer_of((folder / TOKENIZER).read_bytes()))
    encoder = Encoder(folder / MODEL, tables["by_distance"])
    return Prepared(encoder, cutter, tables["head_weight"], tables["head_bias"])


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
    return f"insights-{trained[:12]}-{weights.MODEL_SHA256[:8]}-{WAY}"


def fill(folder: Path) -> None:
    # Only whoever makes it needs what writes graphs: a worker that starts does not wait for that.
    import onnx  # noqa: PLC0415

    from workers.classifier import graph  # noqa: PLC0415

    base, trained = weights.base(), weights.trained()
    onnx.save(graph.build(weights.changed(base.arrays, trained.changes)), folder / MODEL)
    (folder / TOKENIZER).write_bytes(base.tokenizer)
    np.savez(
        folder / TABLES,
        head_weight=trained.head_weight,
        head_bias=trained.head_bias,
        by_distance=base.arrays[graph.BY_DISTANCE],
    )
