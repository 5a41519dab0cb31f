"""What every provider stands on: how it is named, built, and connected to."""
