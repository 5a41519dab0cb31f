"""How forgiving the agent's turn-taking is: human speech over the wire, at the assistant's defaults.

Callers pause inside their sentences, nod ("okay"), interrupt, say nothing at all in a room full of voices,
and speak in one. What they say is known to the server's transcriber by script, when its place in the sound
has been heard: measured is the taking of turns, not the recognition of words.
"""
