"""The flows, one module each.

Canvases are values: they return Celery signatures and speak to nobody.
"""
