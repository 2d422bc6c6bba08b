"""Whisper weights out of CTranslate2's model.bin, named as openai-whisper's checkpoints are: one download serves both.

The file, little-endian: version (u32), the specification's name, revision (u32), count of arrays (u32); for each array
its name, rank (u8), dimensions (u32 each), kind (u8), count of bytes (u32), bytes; then aliases, which are not needed
here. A name is its length with a closing zero (u16), then its bytes.
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.errors import WeightsCorrupt, WeightsMissing

Array = npt.NDArray[np.float32]
State = dict[str, Array]

NEWEST_VERSION = 6
# By CTranslate2's number. bfloat16 (5) is the upper half of a float32, and numpy has no name for it: read as bits.
KINDS = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2", 5: "<u2"}
BFLOAT16 = 5
FLOATS = {0, 4, BFLOAT16}


@dataclass(frozen=True)
class Checkpoint:
    """openai-whisper's `dims` and `model_state_dict`, every array float32 and C-contiguous."""

    dims: dict[str, int]
    state: State


@dataclass(frozen=True)
class Entry:
    shape: tuple[int, ...]
    kind: int
    offset: int


def read(path: Path) -> Checkpoint:
    """The weights in CTranslate2's `path`, as openai-whisper names them; float16 loses nothing on the way.

    Raises WeightsCorrupt for a file that is cut off or of another kind, WeightsMissing for int8 weights.
    """
    with _opened(path) as arrays:
        halves = {half: arrays.layers(half) for half in ("encoder", "decoder")}
        state = {
            "encoder.positional_embedding": arrays["encoder/position_encodings/encodings"],
            "decoder.positional_embedding": arrays["decoder/position_encodings/encodings"],
            "decoder.token_embedding.weight": arrays["decoder/embeddings/weight"],
            **_linear(arrays, "encoder/conv1", "encoder.conv1"),
            **_linear(arrays, "encoder/conv2", "encoder.conv2"),
            **_norm(arrays, "encoder/layer_norm", "encoder.ln_post"),
            **_norm(arrays, "decoder/layer_norm", "decoder.ln"),
        }
        for half, layers in halves.items():
            for layer in range(layers):
                state |= _block(arrays, f"{half}/layer_{layer}", f"{half}.blocks.{layer}")
        return Checkpoint(_dims(arrays, state, halves), state)


def check_whole(path: Path) -> None:
    """Raises WeightsCorrupt unless `path` is a whole CTranslate2 Whisper file: reads names and sizes, no weights."""
    with _opened(path):
        pass


class _Arrays:
    """An open model.bin: arrays by CTranslate2's names, each copied out when asked for."""

    def __init__(self, content: mmap.mmap, path: Path) -> None:
        self._content = content
        self._path = path
        self._entries = dict(_entries(content))

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> Array:
        entry = self._entries[name]
        if entry.kind not in FLOATS:
            sentence = f"{self._path} holds weights rounded to integers: openai-whisper needs the float16 ones."
            raise WeightsMissing(sentence, path=str(self._path))
        raw = self._raw(entry)
        if entry.kind == BFLOAT16:
            return (raw.astype(np.uint32) << 16).view(np.float32).reshape(entry.shape)
        return raw.astype(np.float32).reshape(entry.shape)

    def number(self, name: str) -> int:
        return int(self._raw(self._entries[name])[0])

    def layers(self, half: str) -> int:
        return sum(1 for name in self._entries if name.startswith(half) and name.endswith("/ffn/linear_0/weight"))

    def _raw(self, entry: Entry) -> npt.NDArray[np.generic]:
        count = int(np.prod(entry.shape, dtype=np.int64))
        return np.frombuffer(self._content, dtype=KINDS[entry.kind], count=count, offset=entry.offset)


@contextmanager
def _opened(path: Path) -> Iterator[_Arrays]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield _Arrays(content, path)
    except (struct.error, ValueError, KeyError) as error:
        sentence = f"{path} is not a whole Whisper model in CTranslate2's format: {error}."
        raise WeightsCorrupt(sentence, path=str(path)) from error


def _entries(content: mmap.mmap) -> Iterator[tuple[str, Entry]]:
    cursor = _Cursor(content)
    if (version := cursor.number("<I")) > NEWEST_VERSION:
        raise ValueError(f"version {version} is unknown")
    if (specification := cursor.name()) != "WhisperSpec":
        raise ValueError(f"it is a {specification!r}")
    cursor.number("<I")
    for _ in range(cursor.number("<I")):
        name = cursor.name()
        shape = tuple(cursor.number("<I") for _ in range(cursor.number("<B")))
        kind, size = cursor.number("<B"), cursor.number("<I")
        if size != np.prod(shape, dtype=np.int64) * np.dtype(KINDS[kind]).itemsize:
            raise ValueError(f"{name} has {size} bytes for shape {shape}")
        yield name, Entry(shape, kind, cursor.skip(size))


class _Cursor:
    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = 0

    def number(self, layout: str) -> int:
        value: int = struct.unpack_from(layout, self._content, self._at)[0]
        self._at += struct.calcsize(layout)
        return value

    def name(self) -> str:
        size = self.number("<H")
        start = self.skip(size)
        return self._content[start : start + size].rstrip(b"\0").decode()

    def skip(self, size: int) -> int:
        """Where the skipped bytes begin. Raises ValueError when they are not all there."""
        start, self._at = self._at, self._at + size
        if self._at > len(self._content):
            raise ValueError(f"it ends after {len(self._content)} bytes, in the middle of its arrays")
        return start


def _dims(arrays: _Arrays, state: State, layers: dict[str, int]) -> dict[str, int]:
    audio_ctx, audio_state = state["encoder.positional_embedding"].shape
    text_ctx, text_state = state["decoder.positional_embedding"].shape
    return {
        "n_mels": state["encoder.conv1.weight"].shape[1],
        "n_audio_ctx": audio_ctx,
        "n_audio_state": audio_state,
        "n_audio_head": arrays.number("encoder/num_heads"),
        "n_audio_layer": layers["encoder"],
        "n_vocab": state["decoder.token_embedding.weight"].shape[0],
        "n_text_ctx": text_ctx,
        "n_text_state": text_state,
        "n_text_head": arrays.number("decoder/num_heads"),
        "n_text_layer": layers["decoder"],
    }


def _block(arrays: _Arrays, source: str, target: str) -> State:
    state = {
        **_self_attention(arrays, f"{source}/self_attention", f"{target}.attn"),
        **_norm(arrays, f"{source}/ffn/layer_norm", f"{target}.mlp_ln"),
        **_linear(arrays, f"{source}/ffn/linear_0", f"{target}.mlp.0"),
        **_linear(arrays, f"{source}/ffn/linear_1", f"{target}.mlp.2"),
    }
    if f"{source}/attention/linear_0/weight" in arrays:
        state |= _cross_attention(arrays, f"{source}/attention", f"{target}.cross_attn")
    return state


def _self_attention(arrays: _Arrays, source: str, target: str) -> State:
    query, key, value = np.split(arrays[f"{source}/linear_0/weight"], 3)
    query_bias, _, value_bias = np.split(arrays[f"{source}/linear_0/bias"], 3)
    return {
        f"{target}.query.weight": query,
        f"{target}.query.bias": query_bias,
        **_key_and_value(target, key, value, value_bias),
        **_linear(arrays, f"{source}/linear_1", f"{target}.out"),
        **_norm(arrays, f"{source}/layer_norm", f"{target}_ln"),
    }


def _cross_attention(arrays: _Arrays, source: str, target: str) -> State:
    key, value = np.split(arrays[f"{source}/linear_1/weight"], 2)
    _, value_bias = np.split(arrays[f"{source}/linear_1/bias"], 2)
    return {
        **_linear(arrays, f"{source}/linear_0", f"{target}.query"),
        **_key_and_value(target, key, value, value_bias),
        **_linear(arrays, f"{source}/linear_2", f"{target}.out"),
        **_norm(arrays, f"{source}/layer_norm", f"{target}_ln"),
    }


def _key_and_value(target: str, key: Array, value: Array, value_bias: Array) -> State:
    # Whisper's keys have no bias; CTranslate2 keeps zeros for it, to lie in one array with the others.
    return {f"{target}.key.weight": key, f"{target}.value.weight": value, f"{target}.value.bias": value_bias}


def _linear(arrays: _Arrays, source: str, target: str) -> State:
    return {f"{target}.weight": arrays[f"{source}/weight"], f"{target}.bias": arrays[f"{source}/bias"]}


def _norm(arrays: _Arrays, source: str, target: str) -> State:
    return {f"{target}.weight": arrays[f"{source}/gamma"], f"{target}.bias": arrays[f"{source}/beta"]}
