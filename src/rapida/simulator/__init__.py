"""Carriers, simulated: each speaks to the platform only over the wire."""
