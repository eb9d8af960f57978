"""Log lines as JSON, one per line, on standard error; made so that nothing of a client can get in.

An event is a fixed text with named values. Of an exception only its kind and the places in the code are
written: its message and the values of variables may hold what somebody typed.
"""

import logging
import os
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PROCESS = os.environ.get("BHU_PROCESS", "command")  # the supervisor tells its children who they are

# Refused requests (4xx) would be written here with their path; our own line per request says what is needed.
ERRORS_ONLY = ("django.request", "django.security.csrf")
# A job rings every two seconds. That it was done, or how it failed, is a line; that it was rung for and heard is none.
WARNINGS_ONLY = ("celery.beat", "celery.worker.strategy")


def without_content(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its kind and the functions it went through, innermost last."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info if isinstance(info, BaseException) else sys.exc_info()[1]
    if info and error is not None:
        event["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    return event


def foreign_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Rewrite what Django says of a failed request and Celery of a task: both put values into the text."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and hasattr(record, "request"):
        event["event"] = "request failed"
    if record is not None and record.name == "celery.app.trace":
        event["event"] = str(record.msg).partition(":")[0].partition("\n")[0]
        event.update({key: value for key, value in getattr(record, "data", {}).items() if key in ("id", "name")})
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def with_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say which process of the installation speaks: web, worker, beat, sequencer, or a command."""
    return {"process": PROCESS, **event}


def formatter() -> structlog.stdlib.ProcessorFormatter:
    """One JSON object per record, whether it was made by structlog or by another library."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            foreign_text,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_content,
            with_process,
            structlog.processors.JSONRenderer(),
        ],
    )


def configuration(level: str) -> dict[str, Any]:
    """``logging.config.dictConfig``'s dictionary, plain data, so that granian can hand it to its workers."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "bhu.logs.formatter"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            **{name: {"level": "ERROR"} for name in ERRORS_ONLY},
            **{name: {"level": "WARNING"} for name in WARNINGS_ONLY},
        },
    }
