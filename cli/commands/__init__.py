"""The commands, each in the module of its name; `command` makes it."""
