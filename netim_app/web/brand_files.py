"""The files of the brand that browsers and other programs ask for: icons, preview, manifest, security.txt."""

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from netim_app.brand.brand import ICON, PREVIEW, SIZES, Brand, get_brand
from netim_app.infra.unit_of_work import units
from netim_app.texts.catalog import LOCALES

SECURITY_TXT_LIFE = timedelta(days=180)
"""How long a copy of security.txt is valid (RFC 9116 recommends less than a year)."""
_KEPT = {"Cache-Control": "public, max-age=86400"}


def favicon(_request: Request) -> Response:
    """The mark, in its light theme: a page cannot know the colours of the browser around the icon."""
    brand = get_brand()
    return Response(brand.mark.as_svg(brand.light), media_type="image/svg+xml", headers=_KEPT)


def icon(_request: Request) -> Response:
    """The icon of a home screen."""
    return Response(get_brand().picture(ICON), media_type="image/png", headers=_KEPT)


def preview(_request: Request) -> Response:
    """The picture that other sites show for a link to us (Open Graph)."""
    return Response(get_brand().picture(PREVIEW), media_type="image/png", headers=_KEPT)


def manifest(_request: Request) -> Response:
    """The Web Application Manifest (W3C) for home screens. The URL stays visible, so that customers notice phishing."""
    brand = get_brand()
    width, height = SIZES[ICON]
    about = {
        "id": "/",
        "name": brand.product,
        "short_name": brand.name,
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": brand.light["canvas"],
        "theme_color": brand.light["canvas"],
        "icons": [
            {"src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any"},
            {"src": "/icon.png", "type": "image/png", "sizes": f"{width}x{height}"},
        ],
    }
    return JSONResponse(about, media_type="application/manifest+json", headers=_KEPT)


def security_txt(_request: Request) -> Response:
    """How to report a vulnerability (RFC 9116); 404 when the brand has no security contact."""
    brand = get_brand()
    if not brand.security_contact:
        return Response(status_code=404)
    return PlainTextResponse(security_lines(brand, units().settings.public_url, units().clock()), headers=_KEPT)


def security_lines(brand: Brand, origin: str, now: datetime) -> str:
    """The content of the security.txt that is served at `origin`."""
    contact = brand.security_contact
    expires = (now + SECURITY_TXT_LIFE).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        ("Contact", contact if "://" in contact else f"mailto:{contact}"),
        ("Expires", expires.isoformat().replace("+00:00", "Z")),
        ("Preferred-Languages", ", ".join(LOCALES)),
        ("Canonical", f"{origin}/.well-known/security.txt"),
        ("Policy", brand.security_policy),
    )
    return "".join(f"{name}: {value}\n" for name, value in lines if value)
