"""What a route declares of its answers in OpenAPI: the failures it can give, its headers, and an example of each."""

from typing import Any

from app import buckets, errors, replies
from app.api import schemas
from app.api.problems import CHALLENGE, MEDIA_TYPE, DatabaseUnavailable, leaves, status_of
from app.errors import CandidError
from app.transcripts import RETRY_AFTER_S

Responses = dict[int | str, dict[str, Any]]
EXAMPLES = "#/components/examples"
SCHEMAS = "#/components/schemas"

# The headers that a problem brings along: name -> (what it says, an example).
_CHALLENGED = {"WWW-Authenticate": ("How to say who is calling.", CHALLENGE)}
_LATER = {"Retry-After": ("Seconds after which to look again.", str(RETRY_AFTER_S))}
_AGAIN = {"Retry-After": ("Seconds after which to try again.", str(buckets.RETRY_AFTER_S))}
HEADERS: dict[type[CandidError], dict[str, tuple[str, str]]] = {
    errors.KeyMissing: _CHALLENGED,
    errors.KeyRefused: _CHALLENGED,
    errors.TranscriptNotReady: _LATER,
    DatabaseUnavailable: _LATER,
    errors.RecordingsUnavailable: _AGAIN,
    errors.IdempotencyKeyInUse: _LATER,
    errors.RateLimited: _LATER,
    errors.StreamsExhausted: _LATER,
    errors.RangeInvalid: {"Content-Range": ("How many bytes there are.", "bytes */712345")},
    errors.DigestMismatch: {"Want-Repr-Digest": ("The digest that is checked (RFC 9530).", "sha-256=10")},
    errors.TusVersionUnknown: {"Tus-Version": ("The version of tus that is spoken.", "1.0.0")},
    errors.UploadBusy: {"Retry-After": ("Seconds after which to try again.", "1")},
}
# The facts of the examples: what a problem says beyond its title.
_WRONG = {"pointer": "/language", "code": "string_pattern_mismatch", "detail": "String should match '^[a-z]{2,3}$'"}
FACTS: dict[type[CandidError], dict[str, Any]] = {
    errors.InvalidRequest: {"errors": [_WRONG]},
    errors.FieldInvalid: {"errors": [{"pointer": "/owner", "code": "invalid", "detail": "There is no such owner."}]},
    errors.QuoteNotFound: {
        "errors": [{"pointer": "/quote", "code": "quote-not-found", "detail": "The quote is not in the transcript."}]
    },
    errors.InsightPresent: {"insight_id": schemas.EXAMPLE_INSIGHT},
    errors.ScopeMissing: {"scope": "write"},
    errors.RecordingTooLarge: {"limit_bytes": 2147483648},
    errors.UploadTooSlow: {"min_bytes_per_s": 16384},
    errors.TranscriptNotReady: {"retry_after_s": RETRY_AFTER_S},
    DatabaseUnavailable: {"retry_after_s": RETRY_AFTER_S},
    errors.RecordingsUnavailable: {"retry_after_s": buckets.RETRY_AFTER_S},
    errors.RateLimited: {"policy": "reads", "retry_after_s": RETRY_AFTER_S},
    errors.StreamsExhausted: {"retry_after_s": RETRY_AFTER_S},
    errors.RecordingErased: {"erased_at": schemas.EXAMPLE_AT},
    errors.TranscriptErased: {"erased_at": schemas.EXAMPLE_AT},
    errors.TranscriptUnreadable: {"line": 12},
    errors.JobFinished: {"job_status": "succeeded"},
    errors.JobNotRetryable: {"job_status": "running"},
    errors.UploadMoved: {"offset_bytes": 524288},
    errors.UploadBusy: {"retry_after_s": 1},
    errors.RecordingDuplicate: {"interview_id": schemas.EXAMPLE_INTERVIEW},
    errors.StateConflict: {"job_id": schemas.EXAMPLE_JOB},
    errors.IdempotencyKeyInUse: {"retry_after_s": replies.RETRY_AFTER_S},
    errors.SecretShownOnce: {"made": f"/v1/api-keys/{schemas.EXAMPLE_KEY}"},
    errors.FormatNotOffered: {"offered": ["application/json", "text/vtt"]},
    errors.RangeInvalid: {"size_bytes": 712345},
}


def failures(*kinds: type[CandidError]) -> Responses:
    """The `responses=` of a route that can fail in these ways, beyond what `routes.Route` says of every route."""
    found: Responses = {}
    for kind in sorted(kinds, key=lambda kind: kind.code):
        found = joined(found, {status_of(kind): _failure(kind)})
    return found


def _failure(kind: type[CandidError]) -> dict[str, Any]:
    headers = {name: header(about, example) for name, (about, example) in HEADERS.get(kind, {}).items()}
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {kind.code: {"$ref": f"{EXAMPLES}/{kind.code}"}},
    }
    return {"description": f"{kind.title()}.", "content": {MEDIA_TYPE: content}} | (
        {"headers": headers} if headers else {}
    )


def joined(first: Responses, second: Responses) -> Responses:
    """Both; where both know a status, their sentences, examples and headers are put together."""
    merged = dict(first)
    for status, about in second.items():
        merged[status] = _merge(merged[status], about) if status in merged else about
    return merged


def _merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    merged = one | other
    for name in one.keys() & other.keys():
        if isinstance(one[name], dict):
            merged[name] = _merge(one[name], other[name])
        elif name == "description" and other[name] not in one[name]:
            merged[name] = f"{one[name]} {other[name]}"
    return merged


def header(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


def examples() -> dict[str, Any]:
    """An example of every problem that an answer can be, by code."""
    return {kind.code: {"summary": kind.title(), "value": _example(kind)} for kind in leaves(CandidError)}


def _example(kind: type[CandidError]) -> dict[str, Any]:
    return {
        "type": f"/problems#{kind.code}",
        "title": kind.title(),
        "status": status_of(kind),
        "detail": f"{kind.title()}.",
        "instance": "/v1/interviews",
        "code": kind.code,
        "request_id": "req_01979d2f0e5b7c3a8d21f4b6a9c0e735",
        **FACTS.get(kind, {}),
    }


# A transcript as text, by media type: read and written alike.
TRANSCRIPTS = {
    "text/vtt": "WEBVTT\n\n00:00:00.320 --> 00:00:01.480\n<v Speaker 1>What do you like?\n",
    "application/x-subrip": "1\n00:00:00,320 --> 00:00:01,480\nSpeaker 1: What do you like?\n",
    "text/plain": "[00:00] Speaker 1: What do you like?\n",
    "text/markdown": "**Speaker 1** [00:00]\n\nWhat do you like?\n",
}
ETAG = {"ETag": header("Names this version; send it back as If-Match or If-None-Match.", '"3.17"')}
VARY = {"Vary": header("The same address has other representations.", "Accept")}
TIMELINE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 200" role="img" aria-labelledby="title desc">'
    '<title id="title">Who spoke when: Coffee with Ada</title>...</svg>'
)
ETAGGED: Responses = {200: {"headers": ETAG}}
NOT_MODIFIED: Responses = {304: {"description": "It is still the version you have.", "headers": ETAG}}
ACCEPTED: Responses = {
    202: {
        "description": "It is queued; the job says how far it is.",
        "headers": {
            "Location": header("The job's path.", f"/v1/jobs/{schemas.EXAMPLE_JOB}"),
            "Retry-After": header(*_LATER["Retry-After"]),
        },
    }
}
LINKED: Responses = {
    200: {
        "headers": {
            "Link": header(
                'The next page, rel="next"; absent on the last.', '</v1/insights?limit=20&cursor=WyIwIl0>; rel="next"'
            )
        }
    }
}


def created(path: str) -> Responses:
    """The 201 of a route that makes something at `path`."""
    return {201: {"description": "It is made, and safe.", "headers": {"Location": header("The path of it.", path)}}}


INSIGHT_CREATED = joined(created(f"/v1/insights/{schemas.EXAMPLE_INSIGHT}"), {201: {"headers": ETAG}})
_SEARCHED = {
    "headers": ETAG | {"Link": header("The job that searches it.", f'</v1/jobs/{schemas.EXAMPLE_JOB}>; rel="status"')}
}
IMPORTED: Responses = {
    200: _SEARCHED | {"description": "It is kept as a new version."},
    201: {
        "description": "It is kept as the first transcript of the interview.",
        "model": schemas.TranscriptOut,
        "headers": _SEARCHED["headers"]
        | {"Location": header("The path of it.", f"/v1/interviews/{schemas.EXAMPLE_INTERVIEW}/transcript")},
    },
}
KNOWN = {"Location": header("The path of it.", f"/v1/interviews/{schemas.EXAMPLE_INTERVIEW}")}
INTERVIEW_KNOWN: Responses = {
    200: {
        "description": "The recording is that of an interview that you have: this one. Nothing is changed.",
        "model": schemas.InterviewOut,
        "headers": KNOWN,
    }
}
INTERVIEW_CREATED = created(f"/v1/interviews/{schemas.EXAMPLE_INTERVIEW}")
