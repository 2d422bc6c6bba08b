"""One try to deliver: a signed POST to an address that was checked, within 15 seconds; the answer's status counts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic

import httpx
import structlog
from standardwebhooks import Webhook

from app import addresses
from app.addresses import Target
from app.deliveries import Attempt, Lease
from app.errors import WebhookUrlRefused

log = structlog.get_logger()

TIMEOUT_S = 15.0

Resolve = Callable[[Target], Awaitable[list[str]]]


async def resolve(target: Target) -> list[str]:
    return await asyncio.to_thread(addresses.resolve, target)


class Pinned(httpx.AsyncBaseTransport):
    """Connects to an address that was checked, under the name that was asked for.

    The name is looked up once: what is checked is what is connected to, whatever the name server says a moment later.
    Host header and certificate are those of the name.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, *, allow_private: bool, resolve: Resolve) -> None:
        self._inner, self._resolve, self._allow_private = inner, resolve, allow_private

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises WebhookUrlRefused, httpx.ConnectError when none of the addresses answers."""
        target = addresses.target_of(str(request.url), allow_private=self._allow_private)
        found = await self._resolve(target)
        addresses.check(found, allow_private=self._allow_private)
        request.extensions = {**request.extensions, "sni_hostname": target.host}
        for address in found[:-1]:
            try:
                return await self._to(request, address)
            except httpx.ConnectError:
                log.debug("address does not answer")
        return await self._to(request, found[-1])

    async def _to(self, request: httpx.Request, address: str) -> httpx.Response:
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Sender:
    """Sends deliveries. Use as many at a time as you like, within one event loop."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve,
        inner: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        # No connection is kept: the next delivery looks its host up anew. Proxies would look it up themselves.
        inner = inner or httpx.AsyncHTTPTransport(
            trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0)
        )
        self._transport = Pinned(inner, allow_private=allow_private, resolve=resolve)
        self._timeout_s = timeout_s

    async def send(self, held: Lease, *, at: datetime) -> Attempt:
        """What came of one try, begun at `at`. Never raises for what the other side does."""
        began = monotonic()
        status, error = None, None
        try:
            # One limit for all of it: limits for each read would let a server that dribbles keep us for ever.
            async with asyncio.timeout(self._timeout_s):
                status = await self._post(held, at)
        except TimeoutError:
            error = "timeout"
        except WebhookUrlRefused:
            error = "address-refused"
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            error = "unreachable"
        return Attempt(at, round((monotonic() - began) * 1000), status, error)

    async def _post(self, held: Lease, at: datetime) -> int:
        client = httpx.AsyncClient(transport=self._transport, timeout=None, follow_redirects=False)  # noqa: S113  see send
        request = client.build_request("POST", held.url, content=held.body.encode(), headers=headers_of(held, at))
        # The client is not closed: with it would go the transport, which others are using. Of the answer nothing but
        # its head is read: nobody can make that long.
        response = await client.send(request, stream=True)
        await response.aclose()
        return response.status_code


def headers_of(held: Lease, at: datetime) -> dict[str, str]:
    """Standard Webhooks: id, time and a signature for each secret that counts now."""
    signatures = [Webhook(secret).sign(held.delivery_id, at, held.body) for secret in held.secrets]
    return {
        "webhook-id": held.delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": "Candid-Webhooks/1",
    }
