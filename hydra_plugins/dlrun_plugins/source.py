"""dlrun's config sources and search path, where Hydra looks for them."""
from dlrun.config.compose.source import ConfigFolder, ExperimentFolder, Places  # noqa: F401
