"""dlrun's config sources and search path, where Hydra looks for them."""
from dlrun.config.compose.source import ConfigFolder, ExperimentFolder, KindOptions, Places  # noqa: F401
