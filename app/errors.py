"""Everything that can go wrong, as a tree: what happened and the facts, never an HTTP status.

CandidError
├── NotFound                  nothing of that kind and id belongs to the caller
│   └── UploadExpired         an unfinished upload was not gone on with in time, or its bytes are lost
├── AccessRefused
│   ├── KeyMissing            no bearer key came with the request
│   ├── KeyRefused            the key is unknown, expired or revoked
│   └── ScopeMissing          the key is good, but not for this
├── InvalidRequest
│   ├── ConsentRequired       a recording or a transcript came without consent
│   ├── FieldInvalid          a value is not what it should be (pointer says where)
│   ├── QuoteNotFound         these words stand in no turn of the transcript
│   ├── CursorInvalid         a cursor we did not make, or made for other filters
│   ├── MultipartInvalid      the form cannot be read
│   ├── JsonInvalid           the body is not JSON
│   ├── TusInvalid            a header of the tus protocol is missing, or cannot be read
│   ├── TusVersionUnknown     the request speaks another version of tus
│   ├── TranscriptUnreadable  a transcript from elsewhere is not in the format it is said to be in (says where)
│   ├── TranscriptEmpty       a transcript from elsewhere has no words
│   ├── IdempotencyKeyInvalid the key is none: empty, too long, of odd characters
│   ├── IdempotencyKeyReused  the key stands for another request
│   ├── WebhookUrlRefused     nothing is sent to such an address
│   └── BodyTooLarge          more bytes than a body of this kind may have
├── UploadRefused
│   ├── RecordingTooLarge     more bytes than the limit
│   ├── RecordingEmpty        not one byte
│   ├── NotAudio              the first bytes are of no recording we know
│   ├── MediaTypeRefused      the request's Content-Type is none that this path takes
│   ├── UploadTooSlow         the bytes came slower than the minimum rate
│   ├── UploadCutOff          the client went away before the end
│   ├── ChecksumMismatch      a piece of an upload is not what its tus checksum says
│   ├── DigestMismatch        what came is not what its digest says
│   └── RecordingDuplicate    another interview has the same recording (says which)
├── StateConflict
│   ├── TranscriptNotReady    asked for too early (says when to come back)
│   ├── RecordingAbsent       the interview has no recording yet
│   ├── RecordingPresent      the interview has its recording already
│   ├── JobFinished           a finished job cannot be canceled
│   ├── JobNotRetryable       only a failed or canceled job can be tried again
│   ├── InsightStale          its quote is no longer in the transcript
│   ├── InsightPresent        there is one of just these words (says which)
│   ├── InsightFound          extraction found it, so it can be rejected and not deleted
│   ├── UploadMoved           the upload goes on at another offset (says which)
│   ├── UploadBusy            another request is sending to this upload
│   ├── IdempotencyKeyInUse   a request with this key is being answered (says when to come back)
│   ├── SecretShownOnce       it was done, and the answer held a secret (says where it stands)
│   ├── WebhooksFull          the owner has as many webhooks as one may have
│   ├── WebhookDisabled       nothing is sent to it until it is enabled again
│   └── ContactNameless       without name, role and organisation it would be nobody
├── VersionMismatch           If-Match names an older version
├── FormatNotOffered          no such representation; says which there are
├── RangeInvalid              the bytes asked for are not in the recording
├── ConsentWithdrawn          the words and the sound are gone, on purpose
├── KeptLongEnough            erased when the time was over that it was to be kept for
│   ├── RecordingErased       ... the recording
│   └── TranscriptErased      ... the words, and what was found in them
├── StorageFull               no room on disk
├── RateLimited               more in this time than a caller may do (says when to come back)
│   └── StreamsExhausted      the key has as many streams open as it may
└── WorkError                 background work on a recording
    ├── PermanentFailure      trying again cannot help
    │   ├── RecordingUnusable
    │   │   ├── RecordingUnreadable   libav finds no recording in it
    │   │   ├── RecordingIncomplete   its index is missing: the upload was cut
    │   │   ├── RecordingTooLong      more sound than the limit, by decoded length
    │   │   ├── NoSoundTrack          a container without audio
    │   │   ├── DecoderCrashed        the decoding child died of it
    │   │   └── DecoderTimedOut       the decoding child had to be stopped
    │   ├── RecordingLost     the bytes are not where they were kept, or not the same
    │   ├── LanguageUnsupported   this model does not know the language asked for
    │   ├── WeightsMissing    no weights for the model asked for
    │   ├── WeightsCorrupt    the weights are not the ones we know
    │   └── AttemptsExhausted it kills its worker every time
    ├── PassingFailure        trying again may help
    │   └── RecordingsUnavailable   the store of recordings does not answer, or refuses us
    └── WorkCanceled          somebody asked for it to stop
"""

from typing import ClassVar


class CandidError(Exception):
    """The service could not do what was asked."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str = "", **facts: object) -> None:
        """`detail` is one sentence for a person; `facts` are for programs and go into the answer."""
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    @classmethod
    def title(cls) -> str:
        """The class's docstring, first line: the same for every occurrence."""
        return (cls.__doc__ or "").strip().splitlines()[0].rstrip(".")


class NotFound(CandidError):
    """There is no such thing here."""

    code = "not-found"


class UploadExpired(NotFound):
    """The upload can no longer be gone on with."""

    code = "upload-expired"


class AccessRefused(CandidError):
    """This caller may not do that."""

    code = "access-refused"


class KeyMissing(AccessRefused):
    """A bearer key is needed."""

    code = "key-missing"


class KeyRefused(AccessRefused):
    """The key is unknown, expired or revoked."""

    code = "key-refused"


class ScopeMissing(AccessRefused):
    """The key does not carry the scope that this needs."""

    code = "scope-missing"


class InvalidRequest(CandidError):
    """The request is not valid."""

    code = "invalid-request"


class ConsentRequired(InvalidRequest):
    """Recordings and transcripts are only taken with the consent of everyone who speaks."""

    code = "consent-required"


class FieldInvalid(InvalidRequest):
    """A field has a value it cannot have."""

    code = "field-invalid"

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, errors=[{"pointer": pointer, "code": "invalid", "detail": detail}])


class QuoteNotFound(InvalidRequest):
    """The quote is not word for word in the transcript."""

    code = "quote-not-found"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[{"pointer": "/quote", "code": self.code, "detail": detail}])


class CursorInvalid(InvalidRequest):
    """The cursor is not one of ours, or belongs to another query."""

    code = "cursor-invalid"


class MultipartInvalid(InvalidRequest):
    """The multipart form cannot be read."""

    code = "multipart-invalid"


class JsonInvalid(InvalidRequest):
    """The body is not JSON."""

    code = "json-invalid"


class TusInvalid(InvalidRequest):
    """A header of the tus protocol is missing or cannot be read."""

    code = "tus-invalid"


class TusVersionUnknown(InvalidRequest):
    """This service speaks version 1.0.0 of the tus protocol."""

    code = "tus-version-unknown"


class TranscriptUnreadable(InvalidRequest):
    """The transcript is not in the format that it is said to be in."""

    code = "transcript-unreadable"


class TranscriptEmpty(InvalidRequest):
    """The transcript has no words."""

    code = "transcript-empty"


class IdempotencyKeyInvalid(InvalidRequest):
    """The Idempotency-Key is not one."""

    code = "idempotency-key-invalid"


class IdempotencyKeyReused(InvalidRequest):
    """This Idempotency-Key was sent with another request."""

    code = "idempotency-key-reused"


class WebhookUrlRefused(InvalidRequest):
    """Webhooks are not sent to such an address."""

    code = "webhook-url-refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[{"pointer": "/url", "code": self.code, "detail": detail}])


class BodyTooLarge(InvalidRequest):
    """The body is larger than this service reads."""

    code = "body-too-large"


class UploadRefused(CandidError):
    """The upload was not taken."""

    code = "upload-refused"


class RecordingTooLarge(UploadRefused):
    """The recording has more bytes than this service takes."""

    code = "recording-too-large"


class RecordingEmpty(UploadRefused):
    """The recording has no bytes."""

    code = "recording-empty"


class NotAudio(UploadRefused):
    """These bytes are not a recording of a kind we know."""

    code = "not-audio"


class MediaTypeRefused(UploadRefused):
    """The request's content type is none that this path takes."""

    code = "media-type-refused"


class UploadTooSlow(UploadRefused):
    """The bytes came too slowly."""

    code = "upload-too-slow"


class UploadCutOff(UploadRefused):
    """The connection ended before the recording did."""

    code = "upload-cut-off"


class ChecksumMismatch(UploadRefused):
    """The piece is not what its checksum says."""

    code = "checksum-mismatch"


class DigestMismatch(UploadRefused):
    """What came is not what its digest says."""

    code = "digest-mismatch"


class RecordingDuplicate(UploadRefused):
    """Another interview of yours has this recording."""

    code = "recording-duplicate"


class StateConflict(CandidError):
    """Not possible in the present state."""

    code = "state-conflict"


class TranscriptNotReady(StateConflict):
    """The transcript is not ready yet."""

    code = "transcript-not-ready"


class RecordingAbsent(StateConflict):
    """The interview has no recording yet."""

    code = "recording-absent"


class RecordingPresent(StateConflict):
    """The interview has its recording already."""

    code = "recording-present"


class JobFinished(StateConflict):
    """The job is finished."""

    code = "job-finished"


class JobNotRetryable(StateConflict):
    """Only a failed or canceled job can be tried again."""

    code = "job-not-retryable"


class InsightStale(StateConflict):
    """The insight's quote is no longer in the transcript."""

    code = "insight-stale"


class InsightPresent(StateConflict):
    """There is an insight of these words already."""

    code = "insight-present"


class InsightFound(StateConflict):
    """An insight that was found is rejected, not deleted."""

    code = "insight-found"


class UploadMoved(StateConflict):
    """The upload goes on at another offset."""

    code = "upload-moved"


class UploadBusy(StateConflict):
    """Another request is sending to this upload."""

    code = "upload-busy"


class IdempotencyKeyInUse(StateConflict):
    """A request with this Idempotency-Key is being answered."""

    code = "idempotency-key-in-use"


class SecretShownOnce(StateConflict):
    """This was done already, and its secret is shown only once."""

    code = "secret-shown-once"


class WebhooksFull(StateConflict):
    """There are as many webhooks as there may be."""

    code = "webhooks-full"


class WebhookDisabled(StateConflict):
    """The webhook is disabled."""

    code = "webhook-disabled"


class ContactNameless(StateConflict):
    """A contact needs a name, a role or an organisation."""

    code = "contact-nameless"


class VersionMismatch(CandidError):
    """Somebody changed it since you read it."""

    code = "version-mismatch"


class FormatNotOffered(CandidError):
    """There is no such representation."""

    code = "format-not-offered"


class RangeInvalid(CandidError):
    """The range asked for is not in the recording."""

    code = "range-invalid"


class ConsentWithdrawn(CandidError):
    """Consent was withdrawn: recording and words are erased."""

    code = "consent-withdrawn"


class KeptLongEnough(CandidError):
    """It was kept as long as was promised, and is erased."""

    code = "kept-long-enough"


class RecordingErased(KeptLongEnough):
    """The recording was kept as long as was promised, and is erased."""

    code = "recording-erased"


class TranscriptErased(KeptLongEnough):
    """The transcript was kept as long as was promised, and is erased."""

    code = "transcript-erased"


class StorageFull(CandidError):
    """There is no room left to keep what was sent."""

    code = "storage-full"


class RateLimited(CandidError):
    """That is more than this caller may do in this time."""

    code = "rate-limited"


class StreamsExhausted(RateLimited):
    """This key has as many streams open as it may."""

    code = "streams-exhausted"


class WorkError(CandidError):
    """Background work did not succeed."""

    code = "work-failed"


class PermanentFailure(WorkError):
    """This cannot succeed as it is."""

    code = "permanent-failure"


class RecordingUnusable(PermanentFailure):
    """The recording cannot be used."""

    code = "recording-unusable"


class RecordingUnreadable(RecordingUnusable):
    """There is no readable recording in this file."""

    code = "recording-unreadable"


class RecordingIncomplete(RecordingUnusable):
    """The recording is incomplete: upload it again."""

    code = "recording-incomplete"


class RecordingTooLong(RecordingUnusable):
    """The recording holds more sound than this service takes."""

    code = "recording-too-long"


class NoSoundTrack(RecordingUnusable):
    """The file holds no sound."""

    code = "no-sound-track"


class DecoderCrashed(RecordingUnusable):
    """Reading the recording crashed the decoder."""

    code = "decoder-crashed"


class DecoderTimedOut(RecordingUnusable):
    """Reading the recording took too long."""

    code = "decoder-timed-out"


class RecordingLost(PermanentFailure):
    """The recording is not where it was kept."""

    code = "recording-lost"


class LanguageUnsupported(PermanentFailure):
    """The model does not know this language."""

    code = "language-unsupported"


class WeightsMissing(PermanentFailure):
    """The Whisper weights asked for are not on this machine."""

    code = "weights-missing"


class WeightsCorrupt(PermanentFailure):
    """The Whisper weights are not the ones we know."""

    code = "weights-corrupt"


class AttemptsExhausted(PermanentFailure):
    """The work ended its worker every time it was tried."""

    code = "attempts-exhausted"


class PassingFailure(WorkError):
    """Something outside failed; it may work later."""

    code = "passing-failure"


class RecordingsUnavailable(PassingFailure):
    """The store of recordings cannot be reached."""

    code = "recordings-unavailable"


class WorkCanceled(WorkError):
    """The work was canceled."""

    code = "canceled"
