"""A simulated XenServer pool that answers over HTTP.

The package imports no other package of this project and does not know Celery.
"""
