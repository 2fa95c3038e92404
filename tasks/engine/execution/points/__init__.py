"""Suspension points, one module for each kind: what is begun at it, and how it ends."""
