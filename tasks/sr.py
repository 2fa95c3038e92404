"""Operations on storage repositories."""

from typing import Annotated

from pydantic import Field

from tasks.engine.declaration.answers import Found, found
from tasks.engine.declaration.field_types import After, Fields, Label, Limit, Searches, Uuid
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

Kind = Annotated[Label, Field(description="storage type: nfs, lvm, ext, iso, ...")]
Content = Annotated[str, Field(description="content type: user, iso, ...")]
Shared = Annotated[bool, Field(description="whether all hosts of the pool share it")]


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    type: Kind | None = None,
    content_type: Content | None = None,
    shared: Shared | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find storage repositories; without criteria, all of them."""
    records = xen.search.sr(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={"type": type, "content_type": content_type, "shared": shared},
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "SR", limit)
