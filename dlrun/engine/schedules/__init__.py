"""The kinds of group `schedule`, a file each: how the learning rate changes.  Steps and epochs count from 0."""
