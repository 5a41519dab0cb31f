"""Sound as bytes: companding, resampling, WAV files. Nothing here waits or asks the time."""
