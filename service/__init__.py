"""How the world reaches Reckoner, and where retrieval, models and tools meet."""
