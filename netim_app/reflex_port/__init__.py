"""The one port to Reflex: everything that depends on private or unstable names of Reflex. See README.md beside this."""
