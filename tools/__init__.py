"""Programs that the Makefile runs besides the product; no part of it."""
