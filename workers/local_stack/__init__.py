"""A whole xenflow on one machine: Valkey, a simulated pool, a worker, a poller, Flower."""
