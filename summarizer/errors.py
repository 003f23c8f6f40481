"""What can go wrong while an article is condensed, split by what the caller does about it."""


class SummarizerError(Exception):
    """Base of what can go wrong in this room. Its text is one plain sentence."""


class ModelMissing(SummarizerError):
    """A model is not on this machine, or its folder does not hold one; the operator has to install it."""
