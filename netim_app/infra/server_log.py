"""The log of the HTTP server, in our own format."""

from typing import Any

from netim_app.infra import log


def granian_log_config(*, production: bool) -> dict[str, Any]:
    """The dictionary that Granian passes to `logging.config.dictConfig`, so that its lines have our format."""
    through_root = {"handlers": [], "level": "INFO", "propagate": True}
    return {
        "formatters": {"line": {"()": f"{log.__name__}.LineFormatter", "as_json": production}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"_granian": dict(through_root), "granian.access": dict(through_root)},
    }
