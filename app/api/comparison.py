"""Interviews side by side over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app import comparison, errors
from app.api import declared, schemas
from app.api.deps import ReaderDep, ReadSessionDep
from app.api.routes import Route

router = APIRouter(prefix="/v1", tags=["comparison"], route_class=Route)


@router.get("/comparison", responses=declared.failures(errors.NotFound, errors.ConsentWithdrawn))
def get_comparison(
    caller: ReaderDep, session: ReadSessionDep, filters: Annotated[schemas.ComparisonFilters, Query()]
) -> schemas.ComparisonOut:
    """Compare interviews. What each says about each category, pay by the year, and where they agree or differ.

    Quotes that you rejected are left out. An interview that is not ready yet is listed with empty cells. Agreements
    and contradictions are found by words, and rather missed than made up: each comes with a quote of every interview
    that it counts.
    """
    return schemas.ComparisonOut.model_validate(comparison.compare(session, caller.owner_id, filters.wanted()))
