"""Speed and size, each figure a ratio against a bare Reflex counter app (or bare bcrypt) measured in the same run."""
