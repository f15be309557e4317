"""Paths of pages."""

PERSONAL = "/account/personal-information"
SECURITY = "/account/connection-and-security"
