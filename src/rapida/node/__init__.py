"""This server process: its parts, its addresses and files, and the other servers of its database."""
