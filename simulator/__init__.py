"""A XenServer pool behind HTTP, to try flows on before they touch a real one.

It imports no other room and knows nothing of Celery.
"""
