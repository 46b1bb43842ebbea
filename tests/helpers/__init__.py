"""What several test modules use; no module of tests imports another one."""
