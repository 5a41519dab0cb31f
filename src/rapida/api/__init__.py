"""The HTTP door: one file per resource, one table from exceptions to problems, one list of routers."""
