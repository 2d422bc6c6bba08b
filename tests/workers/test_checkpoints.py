import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from app.errors import WeightsCorrupt, WeightsMissing
from workers import checkpoints

Numbers = npt.NDArray[Any]

WIDTH, HEADS, VOCABULARY = 4, 2, 7
FLOAT32, INT8, FLOAT16, BFLOAT16 = 0, 1, 4, 5


def name(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def packed(array: Numbers, kind: int) -> bytes:
    if kind == BFLOAT16:
        return (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return array.astype({FLOAT32: "<f4", INT8: "<i1", 2: "<i2", FLOAT16: "<f2"}[kind]).tobytes()


def entry(label: str, array: Numbers, kind: int) -> bytes:
    shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
    body = packed(array, kind)
    return name(label) + shape + struct.pack("<BI", kind, len(body)) + body


def tiny_arrays() -> dict[str, Numbers]:
    """One layer in each half, as CTranslate2 lays them out; every value distinct within its array."""
    shapes: dict[str, tuple[int, ...]]
    shapes = {"decoder/embeddings/weight": (VOCABULARY, WIDTH), "decoder/position_encodings/encodings": (6, WIDTH)}
    shapes |= {"encoder/position_encodings/encodings": (5, WIDTH)}
    shapes |= {"encoder/conv1/weight": (WIDTH, 3, 3), "encoder/conv2/weight": (WIDTH, WIDTH, 3)}
    shapes |= {"encoder/conv1/bias": (WIDTH,), "encoder/conv2/bias": (WIDTH,)}
    linears = {"self_attention/linear_0": 3, "self_attention/linear_1": 1, "ffn/linear_0": 4}
    cross = {"attention/linear_0": 1, "attention/linear_1": 2, "attention/linear_2": 1}
    shapes |= {f"{half}/layer_0/ffn/linear_1/weight": (WIDTH, 4 * WIDTH) for half in ("encoder", "decoder")}
    shapes |= {f"{half}/layer_0/ffn/linear_1/bias": (WIDTH,) for half in ("encoder", "decoder")}
    norms = ("self_attention", "ffn", "attention")
    for half in ("encoder", "decoder"):
        layer = f"{half}/layer_0"
        for label, times in (linears | (cross if half == "decoder" else {})).items():
            shapes[f"{layer}/{label}/weight"] = (times * WIDTH, WIDTH)
            shapes[f"{layer}/{label}/bias"] = (times * WIDTH,)
        for place in (half, *(f"{layer}/{norm}" for norm in norms[: 3 if half == "decoder" else 2])):
            shapes |= {f"{place}/layer_norm/gamma": (WIDTH,), f"{place}/layer_norm/beta": (WIDTH,)}
    return {label: np.arange(np.prod(shape)).reshape(shape) / 8 for label, shape in shapes.items()}


def model_bin(
    path: Path, *, kind: int = FLOAT16, specification: str = "WhisperSpec", version: int = 6
) -> dict[str, Numbers]:
    arrays = tiny_arrays()
    entries = [entry(label, array, kind) for label, array in arrays.items()]
    entries += [entry(f"{half}/num_heads", np.array(HEADS), 2) for half in ("encoder", "decoder")]
    header = struct.pack("<I", version) + name(specification) + struct.pack("<II", 3, len(entries))
    path.write_bytes(header + b"".join(entries) + struct.pack("<I", 0))
    return arrays


def test_the_dimensions_are_read_off_the_arrays(tmp_path: Path) -> None:
    model_bin(tmp_path / "model.bin")

    dims = checkpoints.read(tmp_path / "model.bin").dims

    assert dims["n_vocab"] == VOCABULARY
    assert (dims["n_mels"], dims["n_audio_ctx"], dims["n_text_ctx"]) == (3, 5, 6)
    assert (dims["n_audio_head"], dims["n_text_layer"], dims["n_text_state"]) == (HEADS, 1, WIDTH)


@pytest.mark.parametrize("kind", [FLOAT32, FLOAT16, BFLOAT16])
def test_query_key_and_value_come_apart_and_keys_have_no_bias(tmp_path: Path, kind: int) -> None:
    arrays = model_bin(tmp_path / "model.bin", kind=kind)

    state = checkpoints.read(tmp_path / "model.bin").state

    fused = arrays["encoder/layer_0/self_attention/linear_0/weight"].astype(np.float32)
    parts = [state[f"encoder.blocks.0.attn.{part}.weight"] for part in ("query", "key", "value")]
    assert np.array_equal(np.concatenate(parts), fused)
    assert "encoder.blocks.0.attn.key.bias" not in state
    assert {array.dtype for array in state.values()} == {np.dtype(np.float32)}


def test_cross_attention_keeps_its_query_apart_and_splits_key_and_value(tmp_path: Path) -> None:
    arrays = model_bin(tmp_path / "model.bin")

    state = checkpoints.read(tmp_path / "model.bin").state

    value = arrays["decoder/layer_0/attention/linear_1/bias"][WIDTH:]
    assert np.array_equal(state["decoder.blocks.0.cross_attn.value.bias"], value)
    assert "encoder.blocks.0.cross_attn.query.weight" not in state


def test_weights_rounded_to_integers_are_refused_with_what_is_needed(tmp_path: Path) -> None:
    model_bin(tmp_path / "model.bin", kind=INT8)

    with pytest.raises(WeightsMissing, match="needs the float16 ones"):
        checkpoints.read(tmp_path / "model.bin")


@pytest.mark.parametrize("kept", [0, 3, 40, 500, -40])
def test_a_file_that_is_cut_off_is_corrupt(tmp_path: Path, kept: int) -> None:
    model_bin(tmp_path / "model.bin")
    whole = (tmp_path / "model.bin").read_bytes()
    (tmp_path / "model.bin").write_bytes(whole[:kept])

    with pytest.raises(WeightsCorrupt, match="not a whole Whisper model"):
        checkpoints.check_whole(tmp_path / "model.bin")


@pytest.mark.parametrize("other", [{"specification": "TransformerSpec"}, {"version": 99}])
def test_a_model_of_another_kind_is_not_taken_for_whisper(tmp_path: Path, other: dict[str, Any]) -> None:
    model_bin(tmp_path / "model.bin", **other)

    with pytest.raises(WeightsCorrupt):
        checkpoints.check_whole(tmp_path / "model.bin")


def test_the_layout_is_the_one_openai_whisper_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # as open_ear does: it is read when torch is first loaded
    torch = pytest.importorskip("torch")
    whisper = pytest.importorskip("whisper")
    model_bin(tmp_path / "model.bin")
    read = checkpoints.read(tmp_path / "model.bin")

    model = whisper.model.Whisper(whisper.model.ModelDimensions(**read.dims))
    answer = model.load_state_dict({label: torch.from_numpy(array) for label, array in read.state.items()})

    assert not answer.missing_keys
    assert not answer.unexpected_keys
