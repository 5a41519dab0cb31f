"""The call core: events in, orders out; it has no clock, no network and no sound."""
