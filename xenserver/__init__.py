"""The XenServer client: sessions, transports, look-ups, events and the error tree.

Nobody else speaks to XenServer.
"""
