"""The API's description as a page for people. It loads nothing from anywhere else, so it works where there is no network."""
