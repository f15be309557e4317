"""Headers that every answer has, and the pages that tests visit."""

import httpx

from reflex_guard.headers import IMMUTABLE

PAGES = [
    "/", "/login", "/signup", "/verify-email", "/forgot-password", "/reset-password", "/restore-email",
    "/recover-account", "/did-you-send-this", "/not-me", "/alert-copy",
    "/account/personal-information", "/account/connection-and-security",
]  # fmt: skip
EXPOSED = [
    "/_upload", "/_upload/x", "/_all_routes", "/auth-codespace", "/.env", "/.git/config", "/.git/HEAD", "/rxconfig.py",
    "/netim_app/netim_app.py", "/netim_app.py", "/settings.py", "/.states/", "/.states", "/var/netim.db", "/netim.db",
    "/alembic/alembic.ini", "/package.json", "/.web/package.json", "/requirements.lock", "/Makefile", "/pyproject.toml",
    "/docs", "/openapi.json", "/redoc", "/admin", "/metrics", "/server-status", "/..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/pyproject.toml", "/assets/..%2f..%2f..%2fpackage.json", "/login/../../package.json",
    "/vite.config.js", "/node_modules/react/package.json", "/netim-build", "/_health", "/assets", "/assets/",
]  # fmt: skip
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "server": "web",
}


def directives(answer: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


def assert_guarded(answer: httpx.Response) -> None:
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value, (answer.url, name)
    assert answer.headers.get_list("server") == ["web"]
    assert "x-powered-by" not in answer.headers
    assert directives(answer)["default-src"] == directives(answer)["frame-ancestors"] == ["'none'"]
    # A hashed file is no document: the rest of the policies is for those.
    assert ("camera=()" in answer.headers.get("permissions-policy", "")) != (
        answer.headers["cache-control"] == IMMUTABLE
    )
    kind = answer.headers.get("content-type", "").lower()
    if kind.startswith("text/") or "xml" in kind:
        assert "charset=utf-8" in kind
