"""A call, from its webhook to its record: answered, connected, reported on and written down."""
