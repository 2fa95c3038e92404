"""Facts that hold before anything runs: settings, targets, sealing, queues, logs.

The lowest floor: it imports no other room, and nothing else reads the environment.
"""
