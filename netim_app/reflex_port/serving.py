"""How a built application is served."""

from reflex_base.environment import environment


def serve_built_pages() -> None:
    """Serves the pages as built and compiles none. Call it before the application is imported."""
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
