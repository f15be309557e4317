"""What every Reflex application lacks: each module is a part that can be used alone. docs/reuse.md shows them."""
