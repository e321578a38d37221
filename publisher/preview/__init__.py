"""An announcement as it will look on each network, before anything is sent.

values   the posts, composed and counted; pure
page     the same as one HTML page, with the pictures as they are sent
"""

from publisher.preview.values import CardView, PostView, Preview, Shown, Words, preview

__all__ = ["CardView", "PostView", "Preview", "Shown", "Words", "preview"]
