"""The operations: one module per XenServer class, one short function per verb."""
