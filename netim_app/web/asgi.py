"""The sender of a request, for routes and middlewares behind `CookieDigests`."""

from starlette.requests import HTTPConnection

from netim_app.core.facts import Origin
from netim_app.identity.callers import CallerDigests, caller_digests, origin_of


def digests_of(request: HTTPConnection) -> CallerDigests:
    """The digests of the cookies of a request behind `CookieDigests`."""
    return caller_digests(request.headers.get("authorization", ""))


def origin_of_request(request: HTTPConnection) -> Origin:
    """The origin of a request."""
    return origin_of(request.scope.get("client"), request.headers.get("user-agent", ""))
