"""A request's bytes on their way into an upload: taken as they come, and stopped when another request wants it."""

import asyncio
from collections.abc import AsyncIterator

from anyio import CancelScope, sleep

from app import resumables, spools, uploads
from app.errors import RecordingsUnavailable
from app.resumables import Piece


async def fill(piece: Piece, chunks: AsyncIterator[bytes]) -> None:
    """Takes what comes. What a cut, a slow line or a full disk leaves of it counts, unless its hash was promised.

    Raises UploadBusy when it makes way for another request, and as `Piece`.
    """
    try:
        with CancelScope() as scope:
            watch = asyncio.create_task(_make_way(piece, scope))
            try:
                await _take_all(piece, chunks)
            finally:
                watch.cancel()
        if scope.cancelled_caught:
            raise spools.busy()  # noqa: TRY301  what came is kept here too
    except RecordingsUnavailable:
        # Once more would take as long again.
        raise
    except Exception:
        await uploads.on_disk(piece.rescue)
        raise
    await uploads.on_disk(piece.complete)


async def _take_all(piece: Piece, chunks: AsyncIterator[bytes]) -> None:
    async for chunk in chunks:
        piece.take(chunk)
        if piece.is_due:
            await uploads.on_disk(piece.save)


async def _make_way(piece: Piece, scope: CancelScope) -> None:
    # A phone that has changed networks comes back long before its old connection is known to be dead.
    while not piece.is_in_the_way:  # noqa: ASYNC110  the other may be in another process
        await sleep(resumables.MAKES_WAY_AFTER_S / 4)
    scope.cancel()
