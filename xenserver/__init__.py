"""The XenServer client: sessions, transports, look-ups, events and the error tree.

Only this package calls XenServer.
"""
