"""What is in weak sets and mappings that other threads change meanwhile.

Up to Python 3.13 to iterate over one is Python code, and fails where another thread adds something in its midst. The set or dict in it is copied in one go.
"""


def members(those):
    """Of a WeakSet."""
    return [member for member in [reference() for reference in list(those.data)] if member is not None]


def items(those):
    """Of a WeakKeyDictionary: (key, value)."""
    return [(key, value) for key, value in [(reference(), value) for reference, value in list(those.data.items())] if key is not None]
