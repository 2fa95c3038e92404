"""The frame around every operation: what is written once, so that bodies need not."""
