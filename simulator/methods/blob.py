"""Blobs, alone or as part of another object (ocaml/xapi/xapi_blob.ml)."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method

_OWNERS = ("VM", "network", "SR", "host", "pool")
_DEFAULT_TYPE = "application/octet-stream"


@method("blob.create")
async def create(call: Call, mime_type: str, public: bool) -> str:
    """Create an empty blob."""
    return call.db.create(
        "blob",
        mime_type=mime_type or _DEFAULT_TYPE,
        public=public,
        last_updated=call.pool.clock.iso(),
    )


@method("blob.destroy")
async def destroy(call: Call, blob: str) -> None:
    """Delete a blob."""
    call.db.destroy("blob", blob)


def _register(cls: str) -> None:
    async def create_new_blob(
        call: Call,
        ref: str,
        name: str,
        mime_type: str,
        public: bool = False,  # noqa: FBT002 - in wire order
    ) -> str:
        if name in call.db.get(cls, ref)["blobs"]:
            raise Failure("MAP_DUPLICATE_KEY", cls, "blobs", ref, name)
        blob = await create(call, mime_type, public)
        call.db.put_key(cls, ref, "blobs", name, blob)
        return blob

    method(f"{cls}.create_new_blob")(create_new_blob)


for _cls in _OWNERS:
    _register(_cls)
