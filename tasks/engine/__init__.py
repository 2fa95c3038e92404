"""The frame in which every operation and flow stands: what is written once around all bodies.

A message is checked, its journal entry claimed, its body run from the top through the legs that are
done; the next leg is launched and the message parked until it lands; at the end there is one
answer. The page to read first is `performance.py`.

    nothing --claim--> running --launch, park--> parked --land--> landed --claim--> running
                          |                                                            ^
                          +--rest (busy, unreachable, deadline)--> resting --awake-----+
                          |
                          +--finish--> ended
"""
