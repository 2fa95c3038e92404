"""Messages on the wire: kept as they came, sent again, and the ids of the steps of a canvas."""
