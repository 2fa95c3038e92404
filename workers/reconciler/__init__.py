"""The reconciler: finds what no message will ever bring to an end, and ends it.

Operations that stalled (their message was lost with Redis' last writes, or by another program) are
made due again. Objects that a call made twice, or after its operation had given up, are destroyed
as steps of that operation's run, so that `xenflow show` tells of it. It runs as the maintenance
task `xenflow.reconcile`, once a minute for a whole installation; `xenflow sweep` runs it by hand.

    orphans.py      objects on a XenServer that bear the tag of a call and belong to nothing
    reconcile.py    one pass: stalled operations, then the orphans of each target
"""
