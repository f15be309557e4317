"""Paths of pages."""

PERSONAL = "/account/personal-information"
