"""Sound as bytes: companding, resampling, framing, WAV files. Nothing here waits or asks the time."""
