"""Jobs: work that must be done though a process dies, behind a small port of our own.

`base` is the port, `inline` its simplest implementation, `durable` the one on DBOS Transact, `worker` the
process that runs it. A job is a kind and an id; what is to be done stands in the row of that id.
"""
