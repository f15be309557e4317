"""Protections that every Reflex application lacks. Each module can be used alone. docs/reuse.md shows them."""
