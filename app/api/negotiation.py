"""Which representation of a thing a request wants: `?format=` first, then Accept, then JSON (RFC 9110, 12.5.1)."""

from collections.abc import Mapping

from app.errors import FormatNotOffered
from app.transcripts.formats import FORMATS

JSON = "json"
MEDIA_TYPES = {JSON: "application/json"} | {name: media_type for name, (media_type, _) in FORMATS.items()}


def choose(wanted: str | None, accept: str | None, *, offered: Mapping[str, str] = MEDIA_TYPES) -> str:
    """A name in `offered`, JSON among them. Raises FormatNotOffered, which says what there is."""
    if wanted is not None:
        return wanted
    if not accept:
        return JSON
    ranked = sorted(offered, key=lambda name: -quality(offered[name], accept))
    if quality(offered[ranked[0]], accept) <= 0:
        raise FormatNotOffered("None of the accepted media types is offered here.", offered=list(offered.values()))
    return ranked[0]


def quality(media_type: str, accept: str) -> float:
    """How much an Accept header wants a media type, 0..1; the most specific range that matches decides."""
    kind = media_type.partition("/")[0]
    weights = dict(_weight(part) for part in accept.split(","))
    for candidate in (media_type, f"{kind}/*", "*/*"):
        if candidate in weights:
            return weights[candidate]
    return 0.0


def _weight(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0
