"""The flows, one module each.

Canvases are values: they return Celery signatures and make no calls.
"""
