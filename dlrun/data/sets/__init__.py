"""The data sets: one file each, named as the data set is; files that begin with _ are what several share."""
