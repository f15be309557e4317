"""Reflex options only, all of them derived from the settings."""

import os
import sys

# Before anything of Reflex is imported: npm comes with the virtual environment, bun would need a download.
os.environ.setdefault("REFLEX_USE_NPM", "1")

import reflex as rx
from reflex.constants import StateManagerMode
from reflex.plugins import SitemapPlugin

from netim_app.reflex_port import npm_lock
from netim_app.settings import get_settings
from netim_app.ui.theme import ThemePlugin

if sys.argv[1:2] == ["run"] and not {"preview", "prod"} & set(sys.argv):
    sys.exit("`reflex run` serves pages and events under two addresses, which share no cookie routes: use `make dev`.")
if sys.argv[1:2] == ["db"]:
    sys.exit("The database is not Reflex's: use `netim migrate`; CONTRIBUTING.md says how a migration is written.")

settings = get_settings()
if "NETIM_LOCK_PACKAGES" not in os.environ:  # which `make lock` sets
    npm_lock.replace_installation()

config = rx.Config(
    app_name="netim_app",
    plugins=[ThemePlugin()],
    disable_plugins=[SitemapPlugin],
    backend_host=settings.host,
    frontend_port=settings.port,
    backend_port=settings.port,
    api_url=settings.api_url,
    deploy_url=settings.public_url,
    cors_allowed_origins=settings.allowed_origins,
    # Our own middleware decides who the client is: client_address.py
    trusted_proxy_hops=0,
    state_manager_mode=StateManagerMode.REDIS if settings.redis_url else StateManagerMode.MEMORY,
    redis_url=settings.redis_url or None,
    # In seconds, in memory as in Redis: what a page held is of no use once its session has idled.
    redis_token_expiration=settings.session_idle_minutes * 60,
    # The first one that the browser knows is served: brotli is a sixth shorter.
    frontend_compression_formats=["brotli", "gzip"],
    # Libraries for components that a server sends as source. We have none, and they need eval.
    frontend_lazy_bundled_libraries=True,
    telemetry_enabled=False,
    show_built_with_reflex=False,
)
