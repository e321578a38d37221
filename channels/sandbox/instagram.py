"""Instagram professional accounts in the sandbox, reached by Facebook login (reference of Nov 2026)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from channels.sandbox.fieldspec import Field
from channels.sandbox.graph import ABSENT, Ask, Node, NodeKind, View, graph_time, page_of, refuse
from channels.sandbox.looks import look
from channels.sandbox.state import Container, Picture, Post, Remark

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxAccount

_DAY = 86_400
LONGEST_CAPTION = 2200
LONGEST_ALT = 1000
_MOST_HASHTAGS = 30
_MOST_MENTIONS = 20
_LARGEST_IMAGE = 8 * 1024 * 1024
_NARROWEST, _WIDEST = 4 / 5, 1.91
_RATIO_SLACK = 0.005
"""A pixel of rounding is not a wrong shape."""
_LEAST_WIDTH = 320
_CHILDREN = range(2, 11)
_MOST_COMMENTS = 50
_HASHTAG = re.compile(r"#\w+")
_MENTION = re.compile(r"(?<![\w.])@[\w.]+")


def find_node(sandbox: Sandbox, view: View | None, node_id: str) -> Node | None:
    """Find an Instagram user, container, medium or comment. With a view: only what its token may see."""
    node = _lookup(sandbox, node_id)
    return node if node is None or view is None or view.owns(node.account) else None


def _lookup(sandbox: Sandbox, node_id: str) -> Node | None:
    account = sandbox.account("instagram", node_id)
    if account is not None:
        return Node(id=node_id, kind=USER, thing=account, network="instagram", account=node_id)
    container = sandbox.world.containers.get(node_id)
    if container is not None:
        return Node(id=node_id, kind=CONTAINER, thing=container, network="instagram", account=container.account)
    post = sandbox.world.posts.get(node_id)
    if post is not None and post.network == "instagram":
        return (
            None if post.deleted else Node(id=node_id, kind=MEDIA, thing=post, network="instagram", account=post.author)
        )
    remark = sandbox.world.remarks.get(node_id)
    if remark is None or remark.network != "instagram" or remark.deleted:
        return None
    owner = sandbox.world.posts[remark.post]
    return (
        None
        if owner.deleted
        else Node(id=node_id, kind=COMMENT, thing=remark, network="instagram", account=owner.author)
    )


# Publishing


def post_media(view: View, account: SandboxAccount) -> dict[str, Any]:
    """POST /{ig}/media: a container; what it names is fetched at once."""
    view.need(account, "instagram_basic", "instagram_content_publish")
    view.may_write(account)
    for name in ("video_url", "upload_type", "cover_url", "audio_name"):
        if name in view.params:
            raise refuse(100, f"(#100) The sandbox takes no video: {name}", subcode=2207023)
    kind = view.params.get("media_type", "")
    if kind not in {"", "IMAGE", "CAROUSEL"}:
        raise refuse(100, f"(#100) Unknown media type {kind}", subcode=2207023, title="Unsupported media type")
    _spend_container(view, account)
    container = _carousel(view, account) if kind == "CAROUSEL" else _image(view, account)
    view.sandbox.world.add(container)
    return {"id": container.id}


def _spend_container(view: View, account: SandboxAccount) -> None:
    now = view.sandbox.clock.stamp()
    recent = sum(
        item.account == account.account_id and item.created > now - _DAY
        for item in view.sandbox.world.containers.values()
    )
    if recent >= view.sandbox.settings.quotas.instagram_containers:
        raise refuse(
            4,
            "Application request limit reached",
            subcode=2207051,
            title="Action blocked",
            user_message="We restrict certain activity to protect our community.",
        )


def _new_container(view: View, account: SandboxAccount, ready: float) -> Container:
    world = view.sandbox.world
    now = view.sandbox.clock.stamp()
    return Container(id=f"1788{world.number():013d}", account=account.account_id, created=now, ready=ready)


def _image(view: View, account: SandboxAccount) -> Container:
    child = view.flag("is_carousel_item", default=False)
    if child and "caption" in view.params:
        raise refuse(100, "(#100) A carousel item has no caption")
    if "children" in view.params:
        raise refuse(100, "(#100) Param children belongs to media_type CAROUSEL")
    if not view.params.get("image_url"):
        raise refuse(100, "(#100) The parameter image_url is required")
    picture = _picture(view)
    container = _new_container(view, account, view.sandbox.clock.stamp() + view.sandbox.settings.delays.container)
    container.child = child
    container.picture = picture
    container.caption = "" if child else _caption(view)
    return container


def _picture(view: View) -> Picture:
    alt = view.params.get("alt_text", "")
    if len(alt) > LONGEST_ALT:
        raise refuse(100, f"(#100) Param alt_text must be at most {LONGEST_ALT} characters long")
    data = view.call.fetched
    if data is None:
        raise refuse(
            9004,
            "Only photo or video can be accepted as media type.",
            subcode=2207052,
            title="Media download has failed",
            user_message="The media could not be fetched from this URI.",
        )
    seen = look(data)
    if seen is None or seen.format != "JPEG":
        raise refuse(
            36001,
            "The image format is not supported.",
            subcode=2207005,
            title="Unsupported image format",
            user_message="The image format is not supported. Use JPEG.",
        )
    if len(data) > _LARGEST_IMAGE:
        raise refuse(
            36000,
            "The image size is too large.",
            subcode=2207004,
            title="Image size too large",
            user_message="The image is too large to download. It should be less than 8 MiB.",
        )
    if not _NARROWEST - _RATIO_SLACK <= seen.ratio <= _WIDEST + _RATIO_SLACK:
        raise refuse(
            36003,
            f"The submitted image with aspect ratio ('{seen.ratio:.4f}',) cannot be published.",
            subcode=2207009,
            title="Unsupported aspect ratio",
            user_message="The aspect ratio must be between 4:5 and 1.91:1.",
        )
    if seen.width < _LEAST_WIDTH:
        raise refuse(36001, "The image is too small.", subcode=2207005, title="Image too small")
    return Picture(
        blob=view.sandbox.world.store(data),
        alt=view.sandbox.kept_alt("instagram", alt),
        width=seen.width,
        height=seen.height,
        format=seen.format,
        size=len(data),
    )


def _caption(view: View) -> str:
    caption = view.params.get("caption", "")
    too_many = len(_HASHTAG.findall(caption)) > _MOST_HASHTAGS
    if len(caption) > LONGEST_CAPTION or too_many:
        raise refuse(
            36004,
            "The caption was too long.",
            subcode=2207010,
            title="Caption too long",
            user_message="Use at most 2,200 characters, 30 hashtags and 20 mentions.",
        )
    if len(_MENTION.findall(caption)) > _MOST_MENTIONS:
        raise refuse(100, "(#100) Cannot use more than 20 @ tags", subcode=2207040, title="Too many tags")
    return caption


def _carousel(view: View, account: SandboxAccount) -> Container:
    ids = [part for part in view.params.get("children", "").split(",") if part]
    if len(ids) not in _CHILDREN:
        raise refuse(
            100,
            "(#100) Invalid carousel item count",
            subcode=2207028,
            title="Carousel validation failed",
            user_message="A carousel needs at least 2 and at most 10 photos or videos.",
        )
    for name in ("image_url", "is_carousel_item", "alt_text"):
        if name in view.params:
            raise refuse(100, f"(#100) A carousel takes no {name}; its items do")
    children = [_child(view, account, child_id) for child_id in ids]
    ready = max(child.ready for child in children) + view.sandbox.settings.delays.container
    container = _new_container(view, account, ready)
    container.children = ids
    container.caption = _caption(view)
    return container


def _child(view: View, account: SandboxAccount, child_id: str) -> Container:
    child = view.sandbox.world.containers.get(child_id)
    if child is None or child.account != account.account_id or status_code(view.sandbox, child) == "EXPIRED":
        raise _missing_media()
    if not child.child:
        raise refuse(100, f"(#100) Container {child_id} is not a carousel item", subcode=2207028)
    return child


def _missing_media() -> Exception:
    return refuse(
        24,
        "The requested resource does not exist",
        subcode=2207006,
        title="Media not found",
        user_message="The media with that id cannot be found, or it has been published already.",
    )


def status_code(sandbox: Sandbox, container: Container) -> str:
    """Tell where a container stands."""
    now = sandbox.clock.stamp()
    if container.media is not None:
        return "PUBLISHED"
    if now >= container.created + _DAY:
        return "EXPIRED"
    return "FINISHED" if now >= container.ready else "IN_PROGRESS"


_STATUS_TEXT = {
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "PUBLISHED": "Published: Media has been published.",
    "EXPIRED": "Expired: Media was not published within 24 hours.",
}


def publish_media(view: View, account: SandboxAccount) -> dict[str, Any]:
    """POST /{ig}/media_publish: once per container, when it is FINISHED."""
    view.need(account, "instagram_content_publish")
    view.may_write(account)
    container = view.sandbox.world.containers.get(view.params.get("creation_id", ""))
    if container is None or container.account != account.account_id or container.child:
        raise _missing_media()
    match status_code(view.sandbox, container):
        case "PUBLISHED":
            raise _missing_media()
        case "EXPIRED":
            raise refuse(-2, "The media container expired", subcode=2207020, title="Media expired")
        case "IN_PROGRESS":
            raise refuse(
                9007,
                "Media ID is not available",
                subcode=2207027,
                title="Media is not ready",
                user_message="The media is not ready for publishing, please wait for a moment.",
            )
    if _published_lately(view.sandbox, account) >= view.sandbox.settings.quotas.instagram_posts:
        raise refuse(
            9,
            "Application request limit reached",
            subcode=2207042,
            title="Reached max number of posts",
            user_message="You reached the maximum number of posts that can be published by Content Publishing API.",
        )
    return {"id": _publish(view, account, container).id}


def _publish(view: View, account: SandboxAccount, container: Container) -> Post:
    world = view.sandbox.world
    now = view.sandbox.clock.stamp()
    post = Post(
        id=f"1792{world.number():013d}",
        network="instagram",
        author=account.account_id,
        author_name=account.name,
        own=True,
        text=container.caption,
        source=container.caption,
        created=container.created,
        published=now,
        pictures=_pictures(view.sandbox, container),
        memo={"container": container.id},
    )
    container.media = post.id
    world.add(post)
    world.touch(container)
    return post


def _pictures(sandbox: Sandbox, container: Container) -> list[Picture]:
    if container.picture is not None:
        return [container.picture]
    pictures = [child.picture for key in container.children if (child := sandbox.world.containers[key]).picture]
    first = pictures[0]
    for picture in pictures:
        # Every item is cropped to the shape of the first one.
        picture.cropped = abs(picture.width / picture.height - first.width / first.height) > _RATIO_SLACK
    return list(pictures)


def _published_lately(sandbox: Sandbox, account: SandboxAccount) -> int:
    since = sandbox.clock.stamp() - _DAY
    return sum((post.published or 0) > since for post in sandbox.world.posts_of("instagram", account.account_id))


def publishing_limit(view: View, account: SandboxAccount, ask: Ask) -> dict[str, Any]:
    """GET /{ig}/content_publishing_limit."""
    wanted = {item.name for item in ask.sub} if ask.sub else {"quota_usage"}
    row: dict[str, Any] = {
        "quota_usage": _published_lately(view.sandbox, account),
        "config": {"quota_total": view.sandbox.settings.quotas.instagram_posts, "quota_duration": _DAY},
    }
    return {"data": [{key: value for key, value in row.items() if key in wanted}]}


# Media, comments


def list_media(view: View, account: SandboxAccount, ask: Ask) -> dict[str, Any]:
    """GET /{ig}/media: newest first."""
    view.need(account, "instagram_basic")
    horizon = view.sandbox.clock.stamp() - view.sandbox.settings.delays.listing
    posts = [post for post in _media_of(view.sandbox, account) if (post.published or 0) <= horizon]
    posts.sort(key=lambda post: (post.published or 0, post.id), reverse=True)
    return page_of(view, ask, [_media_node(post) for post in posts])


def _media_of(sandbox: Sandbox, account: SandboxAccount) -> list[Post]:
    return [post for post in sandbox.world.posts_of("instagram", account.account_id) if post.visible]


def _media_node(post: Post) -> Node:
    return Node(id=post.id, kind=MEDIA, thing=post, network="instagram", account=post.author)


def list_children(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{media}/children of a carousel."""
    if len(post.pictures) < 2:
        return {"data": []}
    nodes = [
        Node(id=f"{post.id}{position:02d}", kind=CHILD, thing=(post, picture), network="instagram", account=post.author)
        for position, picture in enumerate(post.pictures)
    ]
    answer = page_of(view, ask, nodes)
    answer.pop("paging", None)
    return answer


def list_comments(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{media}/comments: top level only, newest first, 50 a page at most."""
    view.need_people(view.account(post.author), "instagram_manage_comments")
    remarks = [item for item in view.sandbox.world.remarks_of(post.id) if item.parent is None]
    return page_of(view, ask, _comment_nodes(post, remarks[::-1]), most=_MOST_COMMENTS)


def list_replies(view: View, remark: Remark, ask: Ask) -> dict[str, Any]:
    """GET /{comment}/replies, oldest first."""
    post = view.sandbox.world.posts[remark.post]
    view.need_people(view.account(post.author), "instagram_manage_comments")
    remarks = [item for item in view.sandbox.world.remarks_of(post.id) if item.parent == remark.id]
    return page_of(view, ask, _comment_nodes(post, remarks), most=_MOST_COMMENTS)


def _comment_nodes(post: Post, remarks: Sequence[Remark]) -> list[Node]:
    return [Node(id=item.id, kind=COMMENT, thing=item, network="instagram", account=post.author) for item in remarks]


def comment_on_media(view: View, post: Post) -> dict[str, Any]:
    """POST /{media}/comments."""
    if post.memo.get("comments") == "closed":
        raise refuse(10, "(#10) Comments are turned off for this media", status=403)
    return _comment(view, post, None)


def reply(view: View, remark: Remark) -> dict[str, Any]:
    """POST /{comment}/replies; only to top-level comments that are not hidden."""
    if remark.parent is not None or remark.hidden:
        raise refuse(100, "(#100) Replies go to visible top-level comments only")
    return _comment(view, view.sandbox.world.posts[remark.post], remark.id)


def _comment(view: View, post: Post, parent: str | None) -> dict[str, Any]:
    account = view.account(post.author)
    view.need(account, "instagram_manage_comments")
    view.may_write(account)
    text = view.params.get("message", "")
    longest = view.sandbox.settings.quotas.instagram_comment_length
    if not text.strip():
        raise refuse(100, "(#100) The parameter message is required")
    if len(text) > longest:
        raise refuse(100, f"(#100) Param message must be at most {longest} characters long")
    remark = new_comment(
        view.sandbox, post, text, author=account.account_id, name=account.username, own=True, parent=parent
    )
    return {"id": remark.id}


def new_comment(
    sandbox: Sandbox,
    post: Post,
    text: str,
    *,
    author: str,
    name: str,
    own: bool,
    parent: str | None,
    anonymous: bool = False,
) -> Remark:
    """Put a comment under a medium."""
    remark = Remark(
        id=f"1785{sandbox.world.number():013d}",
        network="instagram",
        post=post.id,
        parent=parent,
        author=author,
        author_name=name,
        own=own,
        text=text,
        created=sandbox.clock.stamp(),
        anonymous=anonymous,
    )
    sandbox.world.add(remark)
    return remark


def post_comment(view: View, remark: Remark) -> dict[str, Any]:
    """POST /{comment} hide=true|false."""
    view.need(view.account(view.sandbox.world.posts[remark.post].author), "instagram_manage_comments")
    if "hide" not in view.params:
        raise refuse(100, "(#100) The parameter hide is required")
    if remark.own:
        raise refuse(100, "(#100) An own comment cannot be hidden")
    remark.hidden = view.flag("hide", default=True)
    view.sandbox.world.touch(remark)
    return {"success": True}


def delete_comment(view: View, remark: Remark) -> dict[str, Any]:
    """DELETE /{comment}, with its replies."""
    view.need(view.account(view.sandbox.world.posts[remark.post].author), "instagram_manage_comments")
    view.sandbox.remove_remark(remark)
    return {"success": True}


def post_medium(view: View, post: Post) -> dict[str, Any]:
    """POST /{media} comment_enabled=true|false; nothing else of a medium can be changed."""
    view.need(view.account(post.author), "instagram_manage_comments")
    if "comment_enabled" not in view.params:
        raise refuse(100, "(#100) The parameter comment_enabled is required")
    post.memo["comments"] = "open" if view.flag("comment_enabled", default=True) else "closed"
    view.sandbox.world.touch(post)
    return {"success": True}


def delete_medium(view: View, post: Post) -> dict[str, Any]:
    """DELETE /{media}, with what was written under it."""
    account = view.account(post.author)
    view.need(account, "instagram_content_publish")
    view.may_write(account)
    if view.sandbox.settings.habits.instagram_keeps_media:
        raise refuse(100, "Invalid parameter", subcode=2207073, title="This media type cannot be deleted")
    post.deleted = view.sandbox.clock.stamp()
    view.sandbox.world.touch(post)
    return {"success": True}


def list_insights(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{media}/insights; one metric that is not there fails the request."""
    view.need(view.account(post.author), "instagram_manage_insights")
    values = {
        "reach": post.views,
        "views": post.views,
        "shares": len(post.sharers),
        "likes": len(post.reactions),
        "comments": sum(1 for _ in view.sandbox.world.remarks_of(post.id)),
        "saved": 0,
        "total_interactions": len(post.reactions) + len(post.sharers),
    }
    names = [name for name in ask.args.get("metric", "").split(",") if name]
    if not names or set(names) - set(values):
        raise refuse(100, "(#100) The value must be a valid insights metric")
    rows = [
        {
            "name": name,
            "period": "lifetime",
            "values": [{"value": values[name]}],
            "title": name,
            "id": f"{post.id}/insights/{name}",
        }
        for name in names
    ]
    return {"data": rows}


# Fields


def shortcode(post: Post) -> str:
    """The short name of a medium in its address."""
    number = int(post.id)
    return base64.urlsafe_b64encode(number.to_bytes(8, "big")).decode().strip("=A") or "A"


def permalink(post: Post) -> str:
    """Path of a medium's own page."""
    return f"/p/{shortcode(post)}/"


def _from(view: View, remark: Remark, _field: Field) -> Any:  # noqa: ANN401 (a row, or absent)
    del view
    if remark.anonymous:
        return ABSENT
    row = {"id": remark.author, "username": remark.author_name}
    return {**row, "self_ig_scoped_id": f"9{remark.author}"} if remark.own else row


def _username(view: View, remark: Remark, _field: Field) -> Any:  # noqa: ANN401 (text, or absent)
    del view
    return ABSENT if remark.anonymous else remark.author_name


def _medium_url(view: View, picture: Picture) -> str:
    return view.link(view.sandbox.cdn_path(picture))


def _media_type(post: Post) -> str:
    return "CAROUSEL_ALBUM" if len(post.pictures) > 1 else "IMAGE"


USER = NodeKind(
    name="IGUser",
    defaults=(),
    fields={
        "username": lambda _view, account, _field: account.username,
        "name": lambda _view, account, _field: account.name,
        "ig_id": lambda _view, account, _field: int(account.account_id[-10:]),
        "followers_count": lambda _view, account, _field: account.followers,
        "follows_count": lambda _view, _account, _field: 12,
        "media_count": lambda view, account, _field: len(_media_of(view.sandbox, account)),
    },
    edges={"media": list_media, "content_publishing_limit": publishing_limit},
    posts={"media": post_media, "media_publish": publish_media},
)

CONTAINER = NodeKind(
    name="IGContainer",
    defaults=(),
    fields={
        "status_code": lambda view, container, _field: status_code(view.sandbox, container),
        "status": lambda view, container, _field: _STATUS_TEXT[status_code(view.sandbox, container)],
    },
)

MEDIA = NodeKind(
    name="IGMedia",
    defaults=(),
    fields={
        "caption": lambda _view, post, _field: post.text or ABSENT,
        "alt_text": lambda _view, post, _field: post.pictures[0].alt or ABSENT,
        "media_type": lambda _view, post, _field: _media_type(post),
        "media_product_type": lambda _view, _post, _field: "FEED",
        "media_url": lambda view, post, _field: _medium_url(view, post.pictures[0]),
        "permalink": lambda view, post, _field: view.link(permalink(post)),
        "shortcode": lambda _view, post, _field: shortcode(post),
        "timestamp": lambda _view, post, _field: graph_time(post.published),
        "username": lambda view, post, _field: view.account(post.author).username,
        "owner": lambda _view, post, _field: {"id": post.author},
        "is_comment_enabled": lambda _view, post, _field: post.memo.get("comments") != "closed",
        "like_count": lambda _view, post, _field: len(post.reactions),
        # The count includes replies.
        "comments_count": lambda view, post, _field: sum(1 for _ in view.sandbox.world.remarks_of(post.id)),
    },
    edges={"comments": list_comments, "children": list_children, "insights": list_insights},
    posts={"": post_medium, "comments": comment_on_media},
    delete=delete_medium,
)

CHILD = NodeKind(
    name="IGMedia",
    defaults=(),
    fields={
        "media_type": lambda _view, _pair, _field: "IMAGE",
        "media_url": lambda view, pair, _field: _medium_url(view, pair[1]),
        "alt_text": lambda _view, pair, _field: pair[1].alt or ABSENT,
        "timestamp": lambda _view, pair, _field: graph_time(pair[0].published),
        "permalink": lambda view, pair, _field: view.link(permalink(pair[0])),
    },
)

COMMENT = NodeKind(
    name="IGComment",
    defaults=("timestamp", "text"),
    fields={
        "text": lambda _view, remark, _field: remark.text,
        "timestamp": lambda _view, remark, _field: graph_time(remark.created),
        "username": _username,
        "from": _from,
        "like_count": lambda _view, remark, _field: len(remark.likes),
        "hidden": lambda _view, remark, _field: remark.hidden,
        "parent_id": lambda _view, remark, _field: remark.parent or ABSENT,
        "media": lambda _view, remark, _field: {"id": remark.post},
    },
    edges={"replies": list_replies},
    posts={"": post_comment, "replies": reply},
    delete=delete_comment,
)
