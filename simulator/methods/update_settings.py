"""Settings of the pool for updates from repositories (xapi_pool.ml, repository.ml)."""

from urllib.parse import urlsplit

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.tables import NULL

_SCHEMES = frozenset({"http", "https"})
_DAYS = range(7)


@method("pool.configure_repository_proxy")
async def configure_repository_proxy(
    call: Call, pool: str, url: str, username: str, password: str
) -> None:
    """Set the proxy through which repositories are reached."""
    call.db.get("pool", pool)
    if not _is_web(url):
        raise Failure("INVALID_REPOSITORY_PROXY_URL", url)
    if bool(username) != bool(password) or "\n" in username + password:
        raise Failure("INVALID_REPOSITORY_PROXY_CREDENTIAL")
    secret = call.db.create("secret", value=password) if password else NULL
    _set_proxy(call, pool, url, username, secret)


@method("pool.disable_repository_proxy")
async def disable_repository_proxy(call: Call, pool: str) -> None:
    """Reach repositories without a proxy."""
    _set_proxy(call, pool, "", "", NULL)


@method("pool.configure_update_sync")
async def configure_update_sync(call: Call, pool: str, frequency: str, day: int) -> None:
    """Set when the pool looks for updates: daily, or on a day of the week."""
    weekly = frequency == "weekly"
    if weekly and day not in _DAYS:
        raise Failure("INVALID_UPDATE_SYNC_DAY", day)
    call.db.put("pool", pool, update_sync_frequency=frequency, update_sync_day=day if weekly else 0)


@method("pool.set_update_sync_enabled")
async def set_update_sync_enabled(call: Call, pool: str, value: bool) -> None:
    """Set whether the pool looks for updates by itself, which needs a repository."""
    if value and not call.db.get("pool", pool)["repositories"]:
        raise Failure("NO_REPOSITORIES_CONFIGURED")
    call.db.put("pool", pool, update_sync_enabled=value)


@method("pool.sync_updates")
async def sync_updates(call: Call, pool: str, _force: object, *_: str) -> str:
    """Refuse: without a repository, or because none can be reached."""
    repositories = call.db.get("pool", pool)["repositories"]
    if not repositories:
        raise Failure("NO_REPOSITORY_ENABLED")
    raise Failure("REPOSYNC_FAILED", repositories[0])


def _set_proxy(call: Call, pool: str, url: str, username: str, secret: str) -> None:
    old = call.db.get("pool", pool)["repository_proxy_password"]
    call.db.put(
        "pool",
        pool,
        repository_proxy_url=url,
        repository_proxy_username=username,
        repository_proxy_password=secret,
    )
    if call.db.exists("secret", old):
        call.db.destroy("secret", old)


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in _SCHEMES
    except ValueError:
        return False
