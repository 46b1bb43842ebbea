"""Forms that data comes in (tables, IDX files, folders of pictures, running text ...), read for any data set."""
