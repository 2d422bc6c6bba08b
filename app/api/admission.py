"""Who comes in: the caller is identified and their request counted before anything of its body is read."""

from collections.abc import Mapping

from fastapi import Request

from app.api import bodies, deps
from app.errors import KeyMissing, KeyRefused
from app.keys import Caller
from app.rates import WINDOW_S, Kind, Standing


def admit(request: Request) -> Caller:
    """Notes on the request how the caller stands. Raises KeyMissing, KeyRefused, RateLimited."""
    house: deps.House = request.app.state.house
    address = request.client.host if request.client else ""
    credential = request.headers.get("authorization", "")
    _note(request, house.rates.guessing(address, credential))
    try:
        caller = deps.identify(request)
    except (KeyMissing, KeyRefused):
        request.state.standing = house.rates.take(Kind.REFUSED_KEYS, address)
        raise
    house.rates.trust(credential)
    _note(request, house.rates.take(kind_of(request.method, request.headers), caller.key_id))
    return caller


def _note(request: Request, standing: Standing | None) -> None:
    request.state.standing = standing
    if standing is not None:
        standing.check()


def kind_of(method: str, headers: Mapping[str, str]) -> Kind:
    """What a request counts as. An upload is a write whose body is not JSON: sound, a form, a transcript as text."""
    if method in ("GET", "HEAD"):
        return Kind.READS
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    is_upload = has_body and not bodies.is_json(headers.get("content-type", ""))
    return Kind.UPLOADS if is_upload else Kind.WRITES


def headers_of(standing: Standing) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers-11 has them."""
    return {
        "RateLimit-Policy": f'"{standing.kind}";q={standing.quota};w={WINDOW_S}',
        "RateLimit": f'"{standing.kind}";r={standing.remaining};t={standing.reset_s}',
    }
