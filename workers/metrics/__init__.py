"""Metrics of an installation for Prometheus, read from Redis when they are asked for."""
