"""Generators of what is checked in under docs/: schemas, typed client, reference pages."""
