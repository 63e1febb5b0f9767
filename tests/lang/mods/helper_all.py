__all__ = ["listed", "_listed_private"]
listed = "l"
_listed_private = "p"
not_listed = "n"
