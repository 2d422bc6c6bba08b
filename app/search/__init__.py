"""Search: what was said and what was found in it, by words, alike on SQLite and Postgres.

Both databases are given words that `words` has cut and folded, never text: so neither's own idea of a word matters.
`queries` reads what somebody types, `snippets` shows where it stands; both are pure. `index` is kept in the transaction
that changes the words; `finding` asks it.
"""

from app.search.finding import Filters, Hit, is_said, page
from app.search.index import catch_up, check, follow_insights, follow_words, forget, purge
from app.search.queries import Query, parse

__all__ = [
    "Filters",
    "Hit",
    "Query",
    "catch_up",
    "check",
    "follow_insights",
    "follow_words",
    "forget",
    "is_said",
    "page",
    "parse",
    "purge",
]
