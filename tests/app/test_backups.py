"""Backups: one file, whole or not there; what is restored is what was backed up, less what was erased since."""

import hashlib
import io
import random
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app import __main__ as program
from app import backups, consents, erasures, models
from app.backups import Refused
from app.db import reading, writing
from app.main import create_app, prepare
from app.reerasures import Certificate
from app.settings import Settings
from tests import databases
from tests.client import Client
from tests.installation import Installation
from tests.s3_server import folder_only
from tests.scenes import SOUND, heard, make_key, plan, upload, wav

pytestmark = [folder_only, pytest.mark.skipif(databases.IS_POSTGRES, reason="the embedded default")]

CANARY = "zyxquokka"
TALK = (("S1", f"Do you like {CANARY}?"), ("S2", f"I make fifty thousand dollars a year at {CANARY}."))


LATER = {"participants": [{"name": "A", "role": "interviewee"}], "purposes": ["quote"], "method": "email"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.tar"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "elsewhere")


@contextmanager
def served(settings: Settings) -> Iterator[Client]:
    """The service on what was restored, with the first key that the restore made."""
    key = (settings.data_dir / "first-key").read_text().strip()
    with Client(create_app(settings), key=key) as client:
        yield client


def restore(settings: Settings, file: Path, since: Path | None = None) -> int:
    known = [] if since is None else backups.certificates_of(since)
    return backups.restore(settings, file, known)[1]


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_what_is_restored_is_what_was_backed_up(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    made = heard(here, client)
    before = {path: client.get(path).json() for path in (made["links"]["transcript"], made["links"]["insights"])}
    backups.make(here.settings, file)
    assert restore(elsewhere, file) == 0
    with served(elsewhere) as restored:
        assert {path: restored.get(path).json() for path in before} == before
        assert restored.get(made["links"]["recording"]).content == SOUND
        assert upload(restored, wav(seconds=0.2))["status"] == "queued"


def test_keys_go_on_working_and_their_secrets_are_not_in_the_file(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    plan(client, title="kept")
    key = make_key(here)
    (here.settings.data_dir / "first-key").write_text(key)
    backups.make(here.settings, file)
    restore(elsewhere, file)
    assert key.encode() not in file.read_bytes()
    assert (elsewhere.data_dir / "first-key").read_text() != key
    assert (elsewhere.data_dir / "first-key").stat().st_mode & 0o777 == 0o600
    assert prepare(elsewhere) is None
    with Client(create_app(elsewhere), key=key) as restored:
        assert restored.get("/v1/interviews").json()["items"][0]["title"] == "kept"


def test_a_backup_is_for_its_owners_eyes(here: Installation, file: Path) -> None:
    backups.make(here.settings, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in file.parent.iterdir()} == {file.name, "data"}


def test_what_waited_or_was_at_work_is_queued_again(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    made = upload(client)
    with writing(here.engine) as session:
        session.add(models.Worker(id="of-then", engine="e", model="m"))
        job = session.get_one(models.Job, made["job"]["id"])
        job.status, job.worker_id, job.starts = "running", "of-then", 1
    backups.make(here.settings, file)
    restore(elsewhere, file)
    with served(elsewhere) as restored:
        assert restored.get(made["links"]["job"]).json()["status"] == "queued"
        assert restored.get("/readyz").json()["workers"] == 0


# Erased since


@pytest.mark.parametrize("told_by", ["old data folder", "list"])
@pytest.mark.parametrize("ended", ["withdrawn", "deleted"])
def test_what_was_erased_since_is_erased_again(
    here: Installation, client: Client, file: Path, elsewhere: Settings, told_by: str, ended: str
) -> None:
    going, staying = heard(here, client, TALK, filename=f"{CANARY}.wav"), heard(here, client)
    backups.make(here.settings, file)
    assert CANARY.encode() in file.read_bytes()
    certificate = end(client, going, ended)
    assert restore(elsewhere, file, since=source(here, told_by)) == 1
    assert CANARY.encode() not in bytes_below(elsewhere.data_dir)
    with served(elsewhere) as restored:
        assert restored.get(going["links"]["transcript"]).status_code == (451 if ended == "withdrawn" else 404)
        assert restored.get(staying["links"]["recording"]).content == SOUND
        if certificate:
            again = restored.get(f"/v1/consents/{going['consent']['id']}").json()["erasure"]
            assert {again[name] for name in ("id", "requested_at")} == {
                certificate[name] for name in ("id", "requested_at")
            }
            assert again["completed_at"] is not None
            assert again["erased"]["recording"]["size_bytes"] == len(SOUND)


def end(client: Client, made: dict[str, Any], how: str) -> dict[str, Any] | None:
    if how == "deleted":
        assert client.delete(made["links"]["self"]).status_code == 204
        return None
    erasure: dict[str, Any] = client.post(f"/v1/consents/{made['consent']['id']}/withdraw").json()["erasure"]
    return erasure


def source(here: Installation, told_by: str) -> Path:
    if told_by == "old data folder":
        return here.settings.data_dir
    path = here.settings.data_dir.parent / "certificates"
    path.write_text("\n".join(backups.listed(here.settings.data_dir / backups.DATABASE)) + "\n")
    assert CANARY not in path.read_text()
    return path


def test_what_was_erased_before_the_backup_stays_erased_and_counts_as_nothing_new(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    made = heard(here, client, TALK)
    end(client, made, "withdrawn")
    backups.make(here.settings, file)
    assert CANARY.encode() not in file.read_bytes()
    assert restore(elsewhere, file, since=here.settings.data_dir) == 0


def test_an_interview_that_came_after_the_backup_and_went_is_no_matter(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    backups.make(here.settings, file)
    end(client, upload(client), "deleted")
    assert restore(elsewhere, file, since=here.settings.data_dir) == 0


def test_a_consent_given_after_the_backup_and_withdrawn_erases_too(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    made = heard(here, client, TALK)
    backups.make(here.settings, file)
    later = client.post("/v1/consents", json=LATER | {"interview_id": made["id"]}).json()
    end(client, {"consent": later}, "withdrawn")
    assert restore(elsewhere, file, since=here.settings.data_dir) == 1
    assert CANARY.encode() not in bytes_below(elsewhere.data_dir)


def test_a_job_of_the_backups_moment_does_not_hold_up_an_erasure(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    made = upload(client)
    with writing(here.engine) as session:
        job = session.get_one(models.Job, made["job"]["id"])
        job.status, job.worker_id, job.starts = "running", "of-then", 1
    backups.make(here.settings, file)
    end(client, made, "withdrawn")
    assert restore(elsewhere, file, since=here.settings.data_dir) == 1
    assert SOUND not in bytes_below(elsewhere.data_dir)


# Damage


def test_every_flipped_bit_is_found(here: Installation, client: Client, file: Path, elsewhere: Settings) -> None:
    heard(here, client)
    backups.make(here.settings, file)
    whole, chance = file.read_bytes(), random.Random(5)  # noqa: S311  not a secret
    used = len(whole.rstrip(b"\0"))
    for _ in range(12):
        spoiled, at = bytearray(whole), chance.randrange(used)
        spoiled[at] ^= 1 << chance.randrange(8)
        file.write_bytes(spoiled)
        try:
            restore(elsewhere, file)
        except Refused:
            assert list(elsewhere.data_dir.iterdir()) == []
        else:
            # Padding, or what a tar file says of times and owners: none of it is ours.
            assert bytes_of(elsewhere) == bytes_of(here.settings)
        shutil.rmtree(elsewhere.data_dir)


def bytes_of(settings: Settings) -> list[bytes]:
    folder = settings.data_dir / backups.RECORDINGS
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.97])
def test_a_file_that_was_cut_is_refused_and_nothing_is_begun(
    here: Installation, client: Client, file: Path, elsewhere: Settings, share: float
) -> None:
    upload(client)
    backups.make(here.settings, file)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(Refused):
        restore(elsewhere, file)
    assert list(elsewhere.data_dir.iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/evil", "recordings/../../evil", "first-key", "recordings/x"])
def test_a_member_that_no_backup_has_is_refused(here: Installation, file: Path, elsewhere: Settings, name: str) -> None:
    backups.make(here.settings, file)
    with tarfile.open(file, "a") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(Refused):
        restore(elsewhere, file)
    assert not (elsewhere.data_dir.parent / "evil").exists()


def test_a_database_that_a_newer_version_made_is_refused(here: Installation, file: Path, elsewhere: Settings) -> None:
    with closing(sqlite3.connect(here.settings.data_dir / backups.DATABASE)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    backups.make(here.settings, file)
    with pytest.raises(Refused, match="newer version"):
        restore(elsewhere, file)


def test_a_recording_that_is_gone_is_told_and_does_not_stop_the_backup(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    lost, whole = upload(client), upload(client, wav(seconds=0.2))
    (key,) = keys_of(here, lost)
    here.recordings.erase(key)
    assert backups.make(here.settings, file).absent == (key,)
    restore(elsewhere, file)
    with served(elsewhere) as restored:
        assert restored.get(whole["links"]["recording"]).content == wav(seconds=0.2)


def keys_of(here: Installation, made: dict[str, Any]) -> list[str]:
    with reading(here.engine) as session:
        query = select(models.Recording.key).where(models.Recording.interview_id == made["id"])
        return list(session.exec(query))


# Refusals


def test_a_folder_with_something_in_it_is_never_restored_into(here: Installation, file: Path) -> None:
    backups.make(here.settings, file)
    before = hashlib.sha256(bytes_below(here.settings.data_dir)).hexdigest()
    with pytest.raises(Refused, match="not empty"):
        restore(here.settings, file)
    assert hashlib.sha256(bytes_below(here.settings.data_dir)).hexdigest() == before


def test_a_backup_is_never_overwritten(here: Installation, file: Path) -> None:
    backups.make(here.settings, file)
    before = file.read_bytes()
    with pytest.raises(Refused, match="already"):
        backups.make(here.settings, file)
    assert file.read_bytes() == before


def test_two_backups_are_not_written_to_one_file(here: Installation, file: Path) -> None:
    with backups._alone(file.with_name("backup.tar.part")), pytest.raises(Refused, match="Another"):
        backups.make(here.settings, file)


@pytest.mark.parametrize("elsewhere_too", [{"database_url": "postgresql://x/y"}, {"recordings_url": "s3://a-bucket"}])
def test_what_is_not_in_the_data_folder_is_for_other_tools(
    tmp_path: Path, file: Path, elsewhere_too: dict[str, str]
) -> None:
    settings = Settings(data_dir=tmp_path, **elsewhere_too)  # type: ignore[arg-type]
    for refused in (lambda: backups.make(settings, file), lambda: restore(settings, file)):
        with pytest.raises(Refused, match="pg_dump"):
            refused()


def test_what_is_no_list_of_certificates_is_refused(tmp_path: Path) -> None:
    for content in ("hello", '{"id": "era_1"}'):
        (tmp_path / "list").write_text(content)
        with pytest.raises(Refused):
            backups.certificates_of(tmp_path / "list")
    with pytest.raises(Refused):
        backups.certificates_of(tmp_path)


def test_the_command_asks_what_was_erased_since(
    here: Installation, client: Client, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end(client, upload(client), "deleted")
    run(monkeypatch, here.settings.data_dir, "backup", str(file))
    run(monkeypatch, here.settings.data_dir, "certificates")
    certificate = Certificate.model_validate_json(capsys.readouterr().out.splitlines()[-1])
    assert certificate.is_deleted
    with pytest.raises(SystemExit, match="--since"):
        run(monkeypatch, file.parent / "new", "restore", str(file))
    run(monkeypatch, file.parent / "new", "restore", str(file), "--since", str(here.settings.data_dir))
    assert "erased again since: 0 interviews" in capsys.readouterr().out


def run(monkeypatch: pytest.MonkeyPatch, data_dir: Path, *arguments: str) -> None:
    monkeypatch.setenv("CANDID_DATA_DIR", str(data_dir))
    monkeypatch.setattr("sys.argv", ["python -m app", *arguments])
    program.main()


def test_an_erasure_of_another_kind_is_done_again_too(
    here: Installation, client: Client, file: Path, elsewhere: Settings
) -> None:
    made = heard(here, client, TALK)
    backups.make(here.settings, file)
    with writing(here.engine) as session:
        caller = consents.Caller(here.owner_id, "key_1", frozenset())
        erasures.begin(session, caller, interview_id=made["id"], consent_id=None)
    assert restore(elsewhere, file, since=here.settings.data_dir) == 1
    assert CANARY.encode() not in bytes_below(elsewhere.data_dir)
