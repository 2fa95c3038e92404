"""The processes: workers, poller, reconciler, command line and demo.

The top floor: nobody imports from here.
"""
