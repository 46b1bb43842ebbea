"""dlrun trains neural networks from the command line; see README.md."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("dlrun")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "unknown"
