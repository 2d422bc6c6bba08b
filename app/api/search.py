"""Search over HTTP: words in, the places where they stand out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app import cursors, errors, search
from app.api import bodies, declared, schemas, views
from app.api.deps import ReaderDep, ReadSessionDep
from app.api.routes import Route
from app.search import Filters

router = APIRouter(prefix="/v1/search", tags=["search"], route_class=Route)


@router.get("", responses=declared.LINKED | declared.failures(errors.CursorInvalid))
def search_words(
    request: Request,
    response: Response,
    caller: ReaderDep,
    session: ReadSessionDep,
    asked: Annotated[schemas.SearchQuery, Query()],
) -> schemas.SearchPage:
    """Search all that was said and found. Current transcripts, and insights that stand; what is erased is not there.

    What was heard, brought in or changed last comes first, and of one interview what was said first.
    """
    page = _page(session, caller.owner_id, asked)
    bodies.link_next(request, response, page.next_cursor)
    return page


def _page(session: ReadSessionDep, owner_id: str, asked: schemas.SearchQuery) -> schemas.SearchPage:
    wanted, filters = search.parse(asked.q), Filters(asked.kind, asked.interview_id)
    query = f"search {owner_id} {wanted} {filters}"
    position = cursors.decode(asked.cursor, query=query)
    rows = search.page(session, owner_id, wanted, filters, limit=asked.limit + 1, before=position)
    page = cursors.page_of(rows, limit=asked.limit, query=query)
    return schemas.SearchPage(items=views.hits(session, page.items), next_cursor=page.next_cursor)
