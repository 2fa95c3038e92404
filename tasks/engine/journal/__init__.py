"""The journal in Redis: entries, leases, parked operations, and the scripts that change them."""
