"""The HTTP door: one file per resource, one table from exceptions to problems, one list of routers.

A route reads its request, calls one function of `workspace`, `outbound` or `switchboard`, shows the answer.
Rows that are only shown are read here. No row is written here: what changes, under which conditions, and what
the audit says of it is decided below, where the command line and later doors find the same function.
"""
