"""The operations that a pool shows as allowed (ocaml/xapi/xapi_pool_helpers.ml)."""

from simulator.errors import Failure
from simulator.rules.view import Rule, View

OPERATIONS = (
    *("ha_enable", "ha_disable", "cluster_create", "designate_new_master"),
    *("configure_repositories", "sync_updates", "get_updates", "apply_updates"),
    *("tls_verification_enable", "cert_refresh", "exchange_certificates_on_join"),
    *("exchange_ca_certificates_on_join", "copy_primary_host_certs", "eject"),
)


def _high_availability(view: View, op: str) -> Failure | None:
    if op == "ha_enable" and view.record["ha_enabled"]:
        return Failure("HA_IS_ENABLED")
    if op == "ha_disable" and not view.record["ha_enabled"]:
        return Failure("HA_NOT_ENABLED")
    return None


RULES: tuple[Rule, ...] = (_high_availability,)
