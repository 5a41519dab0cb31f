"""Several server processes on one port: started, watched, replaced and counted as one."""
