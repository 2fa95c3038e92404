"""The preconditions of operations, as rules.

Each module holds the rules of some classes as small functions from a view of the object and an
operation to a refusal or nothing; their order is the order in which XenServer checks.
"""
