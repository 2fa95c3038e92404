"""Operations on hosts."""

from tasks.engine.declaration.answers import Found, found
from tasks.engine.declaration.field_types import After, Fields, Label, Limit, Searches, Uuid
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find hosts; without criteria, all of them."""
    records = xen.search.host(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "host", limit)
