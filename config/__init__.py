"""Configuration: settings, targets, sealing, queues, logs, Celery's and Flower's options.

The lowest layer: it imports no other package, and only it reads the environment.
"""
