"""Logging as Python starts it."""

import logging

from netim_app.infra import log


def undo_install() -> None:
    """Undoes what `log.install` does to every record. Handlers and levels stay."""
    logging.setLogRecordFactory(logging.LogRecord)
    logging.captureWarnings(False)
    log._is_installed = False
