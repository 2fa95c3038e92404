"""What other programs read of us, written off the catalogue: schemas, and a typed client.

All of it comes from the models by which the worker checks, so it has no facts of its own.
"""
