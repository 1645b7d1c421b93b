"""Where the models that come with Reckoner lie. Nothing is imported here: settings name them, and are read before anything heavy."""

from pathlib import Path

_CHECKPOINTS = Path(__file__).parent / "checkpoints"
SHIPPED = _CHECKPOINTS / "nano"
EMBEDDER = _CHECKPOINTS / "embedder"
