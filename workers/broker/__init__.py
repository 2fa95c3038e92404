"""How workers take messages from Redis: the transport, what it lets in, and what it puts aside."""
