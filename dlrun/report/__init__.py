"""Reports: what lies in run folders as tables, files and a page.  Reads these folders alone, and never torch."""
