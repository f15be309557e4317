"""Statements that see what a killed server has left."""

PAID = ("attempt_window",)
"""A guess is paid in a transaction of its own, before it is looked at: it may be kept when all the rest is undone."""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
UNSENT = "SELECT count(*) FROM outbox_message WHERE state = 'queued'"
