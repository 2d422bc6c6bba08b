"""What was erased after a backup was made is erased again when it is restored, before anybody can read it."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlmodel import Session, col, delete, select

from app import claims, consents, erasures, ids, interviews, models
from app.db import WriteSession, open_engine, reading, writing
from app.errors import NotFound
from app.jobs import Queue
from app.keys import Caller
from app.recordings import Recordings
from app.settings import Settings

REASON = "Withdrawn after the backup that was restored."


class Certificate(BaseModel):
    """What an erasure says of itself to who must do it again. It holds no words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=ids.pattern(ids.Kind.ERASURE))
    owner_id: str = Field(pattern=ids.pattern(ids.Kind.OWNER))
    interview_id: str = Field(pattern=ids.pattern(ids.Kind.INTERVIEW))
    consent_id: str | None
    requested_by: str = Field(max_length=models.ID_LENGTH)
    requested_at: datetime
    is_deleted: bool
    kind: erasures.Kind = erasures.Kind.EVERYTHING

    @field_validator("requested_at")
    @classmethod
    def _in_utc(cls, at: datetime) -> datetime:
        # SQLite keeps instants without their zone; ours are all in UTC.
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def erase_again(settings: Settings, certificates: list[Certificate]) -> int:
    """Erases in an installation where nothing runs; returns how many interviews. Nothing that they name may be left."""
    engine, store = open_engine(settings.sqlalchemy_url), Recordings(settings.recordings_location, settings.data_dir)
    queue = Queue(settings.sqlalchemy_url)
    try:
        with writing(engine) as session:
            _forget_workers(session)
            erased = [found.id for one in certificates if (found := _begin(session, one)) is not None]
        with reading(engine) as session:
            stopped = _jobs(session, certificates)
        queue.stop(stopped)
        if not erasures.finish(engine, queue, store, settings.work_dir, *erased):
            message = f"of {len(erased)} erasures not all could be done again"
            raise RuntimeError(message)
    finally:
        queue.close()
        engine.dispose()
    return len(erased)


def _forget_workers(session: WriteSession) -> None:
    """Those of the backup's moment work elsewhere or not at all: what they were at is queued again."""
    claims.release(session, set(session.exec(select(models.Worker.id))) | _at_work(session))
    session.exec(delete(models.Worker))


def _jobs(session: Session, certificates: list[Certificate]) -> list[models.Job]:
    interviews = [one.interview_id for one in certificates]
    return list(session.exec(select(models.Job).where(col(models.Job.interview_id).in_(interviews))))


def _at_work(session: WriteSession) -> set[str]:
    running = session.exec(select(models.Job.worker_id).where(models.Job.status == "running")).all()
    return {worker_id for worker_id in running if worker_id is not None}


def _begin(session: WriteSession, certificate: Certificate) -> models.Erasure | None:
    """None when there is nothing to do: it is known here, or the interview came after the backup."""
    interview = session.get(models.Interview, certificate.interview_id)
    if interview is None or session.get(models.Erasure, certificate.id) is not None:
        return None
    erasure = _erase(session, certificate, interview)
    # The certificate stays the same: its id and its time are what people were told.
    session.flush()
    known: Any = models.Erasure.__table__  # type: ignore[attr-defined]
    facts = {"id": certificate.id, "requested_at": certificate.requested_at}
    session.execute(known.update().where(col(models.Erasure.id) == erasure.id).values(**facts))
    session.expunge(erasure)
    return session.get_one(models.Erasure, certificate.id)


def _erase(session: WriteSession, certificate: Certificate, interview: models.Interview) -> models.Erasure:
    if certificate.kind is not erasures.Kind.EVERYTHING:
        return erasures.begin_part(session, interview, certificate.kind)
    caller = Caller(certificate.owner_id, certificate.requested_by, frozenset())
    if certificate.is_deleted and interview.deleted_at is None:
        return interviews.delete(session, caller, interview.id, if_match=None)
    if certificate.consent_id is not None:
        try:
            return consents.withdraw(session, caller, certificate.consent_id, REASON)
        except NotFound:
            # The consent was given after the backup was made, for an interview that is in it.
            pass
    return erasures.begin(session, caller, interview_id=interview.id, consent_id=certificate.consent_id)
