r"""The engine: what runs every operation and flow, written once for all bodies.

A message is checked, its journal entry claimed, its body run from the top through the suspension
points whose outcome is known; the next call is launched and the message parked until the task
lands; at the end there is one answer. The page to read first is `execution/executor.py`.

    celery_tasks      the Celery task of an operation
         |
     execution        one delivery: body, suspension points, recovery, failing, rollback
         |
     messages         messages that are sent again, ids of the steps of a canvas
       /    \
journal    declaration    the record in Redis and its scripts | what an operation is
                          (neither imports the other)

An operation, as the journal sees it:

    nothing --claim--> running --launch, park--> parked --land--> landed --claim--> running
                          |                                                            ^
                          +--defer (busy, unreachable, a pause)--> deferred --due------+
                          |
                          +--fail--> draining --> undoing --+
                          |                                 v
                          +--finish----------------------> ended
"""
