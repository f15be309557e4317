"""The only port to Reflex: all code that depends on its private or unstable names. See README.md in this folder."""
