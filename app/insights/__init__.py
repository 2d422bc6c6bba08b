"""Insights: found by extraction, with evidence; confirmed, corrected, rejected or added by people, whose word stays.

placing     where a quote stands in what was said: pure decisions
keeping     what extraction found becomes rows, and rows follow their words into a new version of the transcript
judging     a person's word: confirm, correct, reject, add by hand, delete
listing     finding them again: one, of one interview, of all
"""

from app.insights.judging import ByHand, add, remove, review, values_after
from app.insights.keeping import Found, find_in, follow, keep, of
from app.insights.listing import Filters, Sort, categories_of, etag, find, interviews_of, page
from app.insights.placing import Spot, Talk, nearest

__all__ = [
    "ByHand", "Filters", "Found", "Sort", "Spot", "Talk", "add", "categories_of", "etag", "find", "find_in",
    "follow", "interviews_of", "keep", "nearest", "of", "page", "remove", "review", "values_after",
]  # fmt: skip
