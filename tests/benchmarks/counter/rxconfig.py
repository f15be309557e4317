"""The options of the bare counter app. Where it is served is as in the product; all else is what Reflex comes with."""

import os

os.environ.setdefault("REFLEX_USE_NPM", "1")

import reflex as rx
from reflex.constants import StateManagerMode
from reflex.plugins import SitemapPlugin

ADDRESS = "http://localhost:3000"

config = rx.Config(
    app_name="counter",
    plugins=[rx.plugins.TailwindV4Plugin()],
    disable_plugins=[SitemapPlugin],
    frontend_port=3000,
    backend_port=3000,
    api_url=ADDRESS,
    deploy_url=ADDRESS,
    cors_allowed_origins=(ADDRESS,),
    trusted_proxy_hops=0,
    state_manager_mode=StateManagerMode.MEMORY,
    frontend_compression_formats=["gzip", "brotli"],
    telemetry_enabled=False,
    show_built_with_reflex=False,
)
