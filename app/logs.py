"""Log lines as events with fields, from an allow-list: no words of an interview, file names or keys can get in."""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from app import ids
from app.settings import Settings

Event = MutableMapping[str, Any]

# A field that is not here is dropped, whoever logs it. Add what says how the service works, never what was said.
FIELDS = frozenset(
    (
        *("event", "level", "at", "logger", "cause", "where", "version", "count"),
        *("interview", "job", "attempt", "stage", "progress", "rtf", "audio_s", "took_s", "left_s", "eta_s"),
        *("chunk", "chunks", "windows", "parts", "outcome", "code", "starts", "queue"),
        *("worker", "workers", "engine", "model", "threads", "slots", "python"),
        *("request", "method", "route", "status", "fault", "duration_ms", "size_bytes", "url", "host", "port"),
        *("key_id", "owner", "consent", "erasure", "recording", "orphans", "unfinished", "webhook", "delivery"),
    )
)
# Libraries whose own sentences are shown. What others log may quote anything, so of them only the fact is shown.
TRUSTED_LOGGERS = ("uvicorn", "dbos", "alembic")
LOUD_LOGGERS = {"dbos": logging.WARNING, "alembic": logging.WARNING, "httpx": logging.WARNING}
# What it has to say of a collector is told by `app.otlp`, once and not every few seconds.
SILENT_LOGGERS = ("opentelemetry",)
FRAMES = 12


# What of a path may be in a line, when it has the form that our ids have.
PATH_FIELDS = {"interview_id": ("interview", ids.Kind.INTERVIEW), "job_id": ("job", ids.Kind.JOB)}


def ids_of(path_params: Mapping[str, Any]) -> dict[str, str]:
    """The interview and the job of a path as fields of a line; whatever else stands there may be anything."""
    return {
        field: path_params[name]
        for name, (field, kind) in PATH_FIELDS.items()
        if ids.is_a(kind, str(path_params.get(name)))
    }


def set_up(settings: Settings) -> None:
    """Everything this process logs goes to stderr through here, the libraries' lines too. Call once, at start."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(is_worth_showing)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, keep_trusted, *shared()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering(settings.log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name, level in LOUD_LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    for name in SILENT_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("dbos", "uvicorn", "uvicorn.error", "uvicorn.access"):
        # They bring handlers of their own, which would print every line a second time, past the allow-list.
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = name != "uvicorn.access"
    # The job engine adds its own handler at launch, but only when it finds none.
    logging.getLogger("dbos").addHandler(logging.NullHandler())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            *shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def shared() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        describe_exception,
        keep_allowed,
    ]


def rendering(log_format: str) -> list[Any]:
    if log_format == "json":
        return [structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="at", pad_event_to=24)]


def keep_allowed(_logger: object, _method: str, event: Event) -> Event:
    """Drops every field that is not on the list; the formatter's own bookkeeping stays."""
    return {name: value for name, value in event.items() if name in FIELDS or name.startswith("_")}


def is_worth_showing(record: logging.LogRecord) -> bool:
    """What we log ourselves is a dict by now; a library we do not know is heard only when it warns."""
    return isinstance(record.msg, dict) or is_trusted(record.name) or record.levelno >= logging.WARNING


def is_trusted(logger: str) -> bool:
    return logger.partition(".")[0] in TRUSTED_LOGGERS


def keep_trusted(_logger: object, _method: str, event: Event) -> Event:
    if not is_trusted(str(event.get("logger", ""))):
        event["event"] = "a library logged something"
    return event


def describe_exception(_logger: object, _method: str, event: Event) -> Event:
    """An exception becomes its classes and the places it passed: its message may quote what somebody said."""
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event.update(described(error))
    return event


def described(error: BaseException) -> Mapping[str, Any]:
    """`cause`: class names, the outermost first; `where`: file:line of the innermost error's last frames."""
    chain = [error]
    while (deeper := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < FRAMES:
        chain.append(deeper)
    raised = next((link for link in reversed(chain) if link.__traceback__ is not None), error)
    frames = traceback.extract_tb(raised.__traceback__)[-FRAMES:]
    return {
        "cause": [type(link).__name__ for link in chain],
        "where": [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}" for frame in frames],
    }
