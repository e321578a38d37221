"""Drafts from the municipality's own website: a page or a feed's item becomes a file that a person finishes. Nothing here publishes.

found = Website(config).look(url)       what stands there, read with bounds
written = write(found[0], place, ...)   a file that passes `check` but for what it says a person must fill in
"""

from publisher.drafting.website import DraftError, Found, Website
from publisher.drafting.writing import Place, Written, write

__all__ = ["DraftError", "Found", "Place", "Website", "Written", "write"]
