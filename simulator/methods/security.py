"""Settings of a pool for certificates, directories and repositories of updates (xapi_pool.ml)."""

from collections.abc import Mapping

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.tables import NULL

_DIRECTORY = "AD"


@method("pool.set_https_only")
async def set_https_only(call: Call, pool: str, value: bool) -> None:
    """Set whether hosts answer plain HTTP; a simulated one does still."""
    call.db.get("pool", pool)
    for host in call.db.refs("host"):
        call.db.put("host", host, https_only=value)


@method("pool.enable_tls_verification")
async def enable_tls_verification(call: Call) -> None:
    """Let hosts verify each other's certificates."""
    call.db.put("pool", call.db.refs("pool")[0], tls_verification_enabled=True)
    for host in call.db.refs("host"):
        call.db.put("host", host, tls_verification_enabled=True)


@method("host.emergency_disable_tls_verification")
async def emergency_disable_tls_verification(call: Call) -> None:
    """Let this host, the coordinator, verify no certificates."""
    call.db.put("host", call.pool.coordinator, tls_verification_enabled=False)


@method("host.emergency_reenable_tls_verification")
async def emergency_reenable_tls_verification(call: Call) -> None:
    """Let this host, the coordinator, verify certificates again."""
    call.db.put("host", call.pool.coordinator, tls_verification_enabled=True)


@method("host.emergency_clear_mandatory_guidance")
async def emergency_clear_mandatory_guidance(call: Call) -> None:
    """Forget what this host, the coordinator, has to do after updates."""
    call.db.put("host", call.pool.coordinator, pending_guidances=[])


@method("pool.enable_client_certificate_auth")
async def enable_client_certificate_auth(call: Call, pool: str, name: str) -> None:
    """Admit clients that have a certificate with this name."""
    call.db.put(
        "pool", pool, client_certificate_auth_enabled=True, client_certificate_auth_name=name
    )


@method("pool.disable_client_certificate_auth")
async def disable_client_certificate_auth(call: Call, pool: str) -> None:
    """Admit clients by their passwords only."""
    call.db.put("pool", pool, client_certificate_auth_enabled=False)


@method("pool.reset_telemetry_uuid")
async def reset_telemetry_uuid(call: Call, pool: str) -> None:
    """Give the pool a new name in statistics."""
    old = call.db.get("pool", pool)["telemetry_uuid"]
    fresh = call.db.create("secret", value=call.db.new_uuid())
    call.db.put("pool", pool, telemetry_uuid=fresh)
    if old != NULL and call.db.exists("secret", old):
        call.db.destroy("secret", old)


@method("host.enable_external_auth")
async def enable_external_auth(
    call: Call, host: str, config: Mapping[str, str], service: str, kind: str
) -> None:
    """Refuse a directory that no simulated host can reach, or of no known kind."""
    del config, service
    call.db.get("host", host)
    if kind != _DIRECTORY:
        raise Failure("AUTH_UNKNOWN_TYPE", kind)
    raise Failure("AUTH_ENABLE_FAILED_UNAVAILABLE", "the domain cannot be reached")


@method("pool.enable_external_auth")
async def pool_enable_external_auth(
    call: Call, pool: str, config: Mapping[str, str], service: str, kind: str
) -> None:
    """Refuse as the first host, the coordinator, does."""
    call.db.get("pool", pool)
    host = call.pool.coordinator
    try:
        await enable_external_auth(call, host, config, service, kind)
    except Failure as failure:
        unknown = failure.code == "AUTH_UNKNOWN_TYPE"
        code = "POOL_AUTH_ENABLE_FAILED" if unknown else "POOL_AUTH_ENABLE_FAILED_UNAVAILABLE"
        raise Failure(code, host, *failure.params) from failure


@method("host.disable_external_auth")
async def disable_external_auth(call: Call, host: str, _config: Mapping[str, str]) -> None:
    """Do without a directory: hosts have none."""
    call.db.get("host", host)


@method("pool.disable_external_auth")
async def pool_disable_external_auth(call: Call, pool: str, _config: Mapping[str, str]) -> None:
    """Do without a directory: hosts have none."""
    call.db.get("pool", pool)


@method("pool.initialize_wlb")
async def initialize_wlb(_call: Call, *_: object) -> None:
    """Refuse: no workload balancing server can be reached."""
    raise Failure("WLB_CONNECTION_REFUSED")


@method("Repository.introduce")
async def introduce_repository(  # noqa: PLR0913, PLR0917 - in wire order
    call: Call, label: str, text: str, binary_url: str, source_url: str, update: bool, key: str = ""
) -> str:
    """Create the record of a repository of updates."""
    for ref in call.db.refs("Repository"):
        present = call.db.get("Repository", ref)
        if present["name_label"] == label or present["binary_url"] == binary_url:
            raise Failure("REPOSITORY_ALREADY_EXISTS", ref)
    return call.db.create(
        "Repository",
        name_label=label,
        name_description=text,
        binary_url=binary_url,
        source_url=source_url,
        update=update,
        gpgkey_path=key,
    )


@method("Repository.forget")
async def forget_repository(call: Call, repository: str) -> None:
    """Delete the record of a repository that the pool does not use."""
    call.db.get("Repository", repository)
    if repository in call.db.get("pool", call.db.refs("pool")[0])["repositories"]:
        raise Failure("REPOSITORY_IS_IN_USE")
    call.db.destroy("Repository", repository)


@method("pool.add_repository")
async def add_repository(call: Call, pool: str, repository: str) -> None:
    """Let the pool use a repository of updates."""
    call.db.get("Repository", repository)
    present = call.db.get("pool", pool)["repositories"]
    call.db.put("pool", pool, repositories=list(dict.fromkeys([*present, repository])))


@method("pool.remove_repository")
async def remove_repository(call: Call, pool: str, repository: str) -> None:
    """Let the pool use a repository of updates no longer."""
    call.db.drop_item("pool", pool, "repositories", repository)
