"""Facebook Pages in the sandbox: Page, post, photo and comment nodes (reference of Nov 2026, Graph v25)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from channels.sandbox.fieldspec import Field
from channels.sandbox.graph import ABSENT, Ask, Node, NodeKind, View, graph_time, not_there, page_of, refuse
from channels.sandbox.looks import look
from channels.sandbox.state import Picture, Post, Remark, Upload

if TYPE_CHECKING:
    from channels.sandbox.core import Sandbox
    from channels.sandbox.settings import SandboxAccount

LONGEST_TEXT = 63_206
LONGEST_COMMENT = 8_000
_LARGEST_PHOTO = 4 * 1024 * 1024
_MOST_PHOTOS = 10
_UNUSED = 86_400
_PHOTO_FORMATS = {"JPEG", "PNG", "GIF", "TIFF", "BMP"}
REACTIONS = ("LIKE", "LOVE", "CARE", "HAHA", "WOW", "SAD", "ANGRY")
_WIDTHS = (1080, 720, 480, 130)


def find_node(sandbox: Sandbox, view: View | None, node_id: str) -> Node | None:
    """Find a Page, a post, a photo or a comment. With a view: only what its token may see."""
    node = _lookup(sandbox, node_id)
    if node is None or view is None or view.owns(node.account):
        return node
    # A Page's token reaches the Page that an Instagram account is linked to.
    linked = {sandbox.page_of(account) for account in view.accounts}
    return node if node.account in linked else None


def _lookup(sandbox: Sandbox, node_id: str) -> Node | None:
    page = sandbox.pages.get(node_id)
    if page is not None:
        return Node(id=node_id, kind=PAGE, thing=page, network="facebook", account=node_id)
    post = sandbox.world.posts.get(node_id)
    if post is not None and post.network == "facebook":
        return (
            Node(id=node_id, kind=POST, thing=post, network="facebook", account=post.author)
            if not post.deleted
            else None
        )
    upload = sandbox.world.uploads.get(node_id)
    if upload is not None and upload.network == "facebook":
        kind_of = Node(id=node_id, kind=PHOTO, thing=upload, network="facebook", account=upload.account)
        return None if upload.deleted else kind_of
    remark = sandbox.world.remarks.get(node_id)
    if remark is None or remark.network != "facebook" or remark.deleted:
        return None
    owner = sandbox.world.posts[remark.post]
    return (
        None
        if owner.deleted
        else Node(id=node_id, kind=COMMENT, thing=remark, network="facebook", account=owner.author)
    )


# Writing to a Page


def post_photo(view: View, page: SandboxAccount) -> dict[str, Any]:
    """POST /{page}/photos: an unpublished photo, or a post of one photo."""
    view.need(page, "pages_manage_posts", "pages_read_engagement")
    view.may_write(page)
    published = view.flag("published", default=True)
    world = view.sandbox.world
    upload = Upload(
        id=f"1220{world.number():011d}",
        network="facebook",
        account=page.account_id,
        created=view.sandbox.clock.stamp(),
        picture=_photo(view),
        memo={"caption": _caption(view), "temporary": str(view.flag("temporary", default=False)).lower()},
    )
    world.add(upload)
    if not published:
        return {"id": upload.id}
    post = _new_post(view, page, _caption(view), [upload], published=True)
    return {"id": upload.id, "post_id": post.id}


def _photo(view: View) -> Picture:
    data = view.call.files.get("source") or view.call.fetched
    if data is None:
        raise refuse(324, "(#324) Requires upload file", subcode=2069019)
    seen = look(data)
    if seen is None or seen.format not in _PHOTO_FORMATS or seen.frames > 1 or len(data) > _LARGEST_PHOTO:
        raise refuse(
            100,
            "Invalid parameter",
            subcode=1366046,
            title="Can't Read Files",
            user_message="Your photos couldn't be uploaded. Photos should be smaller than 4 MB and saved as JPG, PNG, GIF or TIFF files.",
        )
    return Picture(
        blob=view.sandbox.world.store(data),
        alt=view.sandbox.kept_alt("facebook", view.params.get("alt_text_custom", "")),
        width=seen.width,
        height=seen.height,
        format=seen.format,
        size=len(data),
    )


def _caption(view: View) -> str:
    for name in ("caption", "message", "name"):
        if name in view.params:
            return view.params[name]
    return ""


def post_feed(view: View, page: SandboxAccount) -> dict[str, Any]:
    """POST /{page}/feed: a post or, with published=false, a draft."""
    view.need(page, "pages_manage_posts", "pages_read_engagement")
    view.may_write(page)
    if "scheduled_publish_time" in view.params:
        raise refuse(100, "(#100) The sandbox does not schedule posts: scheduled_publish_time is not taken")
    photos = [_attachable(view, page, photo_id) for photo_id in _attached(view.params)]
    text, link = view.params.get("message", ""), view.params.get("link")
    if not text.strip() and not link and not photos:
        raise refuse(
            100,
            "Invalid parameter",
            subcode=1349125,
            title="Missing message or attachment",
            user_message="Please provide a message, a link or an attachment.",
        )
    if len(text) > LONGEST_TEXT:
        raise refuse(100, f"(#100) Param message must be at most {LONGEST_TEXT} characters long")
    _check_link(link)
    published = view.flag("published", default=True)
    if published:
        _refuse_duplicate(view, page.account_id, text, link, photos)
    post = _new_post(view, page, text, photos, published=published, link=link)
    return {"id": post.id}


def _attached(params: Mapping[str, str]) -> list[str]:
    text = params.get("attached_media")
    items: Any = []
    try:
        if text is not None:
            items = json.loads(text)
        else:
            indexed = sorted(
                (key for key in params if key.startswith("attached_media[")), key=lambda key: int(key[15:-1])
            )
            items = [json.loads(params[key]) for key in indexed]
        return [str(item["media_fbid"]) for item in items]
    except (ValueError, TypeError, KeyError) as fault:
        raise refuse(100, "(#100) Param attached_media must be an array.") from fault


def _attachable(view: View, page: SandboxAccount, photo_id: str) -> Upload:
    upload = view.sandbox.world.uploads.get(photo_id)
    known = upload is not None and upload.network == "facebook" and upload.account == page.account_id
    if upload is None or not known or upload.deleted or _dropped(view, upload):
        raise refuse(100, f"(#100) Param attached_media: photo {photo_id} does not exist or is not visible", subcode=33)
    if upload.post is not None and view.sandbox.world.posts[upload.post].published is not None:
        raise refuse(
            100,
            "Invalid parameter",
            subcode=1366051,
            title="Photo already posted",
            user_message="These photos were already posted.",
        )
    return upload


def _dropped(view: View, upload: Upload) -> bool:
    """Tell whether Facebook has dropped a photo: one that was not used for about a day."""
    return upload.post is None and view.sandbox.clock.stamp() > upload.created + _UNUSED


def _check_link(link: str | None) -> None:
    if link is None:
        return
    if not re.fullmatch(r"https?://[^\s/]+\S*", link):
        raise refuse(100, "(#100) link must be a valid URL", subcode=2061006)
    host = link.split("/")[2].lower()
    if host == "facebook.com" or host.endswith(".facebook.com"):
        raise refuse(100, "(#100) Links to facebook.com cannot be attached", subcode=1609008)


def _refuse_duplicate(view: View, page_id: str, text: str, link: str | None, photos: Sequence[object]) -> None:
    window = view.sandbox.settings.quotas.facebook_duplicates
    if photos or not window:
        return
    latest = max(_published(view.sandbox, page_id), key=lambda post: (post.published or 0, post.id), default=None)
    if latest is None or latest.pictures or (latest.source, latest.link) != (text, link):
        return
    if view.sandbox.clock.stamp() - (latest.published or 0) < window:
        raise refuse(
            506,
            "Duplicate status message",
            subcode=1455006,
            title="Duplicate Status Update",
            user_message="This status update is identical to the last one you posted. Try posting something different, or delete your "
            "previous update.",
        )


def _new_post(
    view: View, page: SandboxAccount, text: str, photos: Sequence[Upload], *, published: bool, link: str | None = None
) -> Post:
    if len(photos) > _MOST_PHOTOS:
        raise refuse(100, f"(#100) A post takes at most {_MOST_PHOTOS} photos")
    now = view.sandbox.clock.stamp()
    post = Post(
        id=f"{page.account_id}_1220{view.sandbox.world.number():011d}",
        network="facebook",
        author=page.account_id,
        author_name=page.name,
        own=True,
        text=text,
        source=text,
        created=now,
        published=now if published else None,
        link=link,
        pictures=[photo.picture for photo in photos if photo.picture],
        memo={"photos": ",".join(photo.id for photo in photos)},
    )
    view.sandbox.world.add(post)
    for photo in photos:
        photo.post = post.id
        view.sandbox.world.touch(photo)
    return post


def post_post(view: View, post: Post) -> dict[str, Any]:
    """POST /{post}: publish a draft, change the words."""
    page = view.account(post.author)
    view.need(page, "pages_manage_posts")
    view.may_write(page)
    if not {"is_published", "message"} & set(view.params):
        raise refuse(100, "(#100) No parameter of this post can be changed that way")
    if "is_published" in view.params:
        _publish(view, post, wanted=view.flag("is_published", default=True))
    if "message" in view.params:
        _change_words(post, view.params["message"])
        post.edited = view.sandbox.clock.stamp()
    view.sandbox.world.touch(post)
    return {"success": True}


def _change_words(post: Post, text: str) -> None:
    if not text.strip() and not post.link and not post.pictures:
        raise refuse(100, "(#100) A post without attachments needs a message")
    if len(text) > LONGEST_TEXT:
        raise refuse(100, f"(#100) Param message must be at most {LONGEST_TEXT} characters long")
    post.text = post.source = text


def _publish(view: View, post: Post, *, wanted: bool) -> None:
    if not wanted:
        if post.published is not None:
            raise refuse(100, "(#100) A published post cannot be unpublished")
        return
    if post.published is None:
        _refuse_duplicate(view, post.author, post.source, post.link, post.pictures)
        for photo_id in _photos(post):
            _adopt(view, post, photo_id)
        post.published = view.sandbox.clock.stamp()


def _adopt(view: View, post: Post, photo_id: str) -> None:
    upload = view.sandbox.world.uploads[photo_id]
    other = view.sandbox.world.posts.get(upload.post or "")
    if other is not None and other is not post and other.published is not None:
        raise refuse(100, "Invalid parameter", subcode=1366051, title="Photo already posted")
    upload.post = post.id
    view.sandbox.world.touch(upload)


def delete_post(view: View, post: Post) -> dict[str, Any]:
    """DELETE /{post}, with what was written under it."""
    page = view.account(post.author)
    view.need(page, "pages_manage_posts")
    view.may_write(page)
    post.deleted = view.sandbox.clock.stamp()
    view.sandbox.world.touch(post)
    return {"success": True}


def delete_photo(view: View, upload: Upload) -> dict[str, Any]:
    """DELETE /{photo}; a published one vanishes from its post."""
    view.need(view.sandbox.pages[upload.account], "pages_manage_posts")
    upload.deleted = view.sandbox.clock.stamp()
    view.sandbox.world.touch(upload)
    post = view.sandbox.world.posts.get(upload.post or "")
    if post is not None and upload.picture in post.pictures:
        place = _photos(post).index(upload.id)
        del post.pictures[place]
        post.memo["photos"] = ",".join(photo for photo in _photos(post) if photo != upload.id)
        view.sandbox.world.touch(post)
    return {"success": True}


# Comments


def comment_on_post(view: View, post: Post) -> dict[str, Any]:
    """POST /{post}/comments."""
    return _comment(view, post, None)


def comment_on_comment(view: View, remark: Remark) -> dict[str, Any]:
    """POST /{comment}/comments: a reply; one to a reply goes under the top comment."""
    post = view.sandbox.world.posts[remark.post]
    return _comment(view, post, remark.parent or remark.id)


def _comment(view: View, post: Post, parent: str | None) -> dict[str, Any]:
    page = view.account(post.author)
    view.need(page, "pages_manage_engagement")
    view.may_write(page)
    text = view.params.get("message", "")
    if not text.strip():
        raise refuse(100, "(#100) The parameter message is required")
    if len(text) > LONGEST_COMMENT:
        raise refuse(100, f"(#100) Param message must be at most {LONGEST_COMMENT} characters long")
    if not post.visible:
        raise refuse(100, "(#100) An unpublished post cannot be commented on")
    remark = new_comment(view.sandbox, post, text, author=page.account_id, name=page.name, own=True, parent=parent)
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
    """Put a comment under a post."""
    number = f"{sandbox.world.number():015d}"
    remark = Remark(
        id=f"{post.id.partition('_')[2]}_{number}",
        network="facebook",
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
    """POST /{comment}: hide it, or change our own words."""
    page = view.account(view.sandbox.world.posts[remark.post].author)
    view.need(page, "pages_manage_engagement")
    if "is_hidden" in view.params:
        if remark.own:
            raise refuse(100, "(#100) This comment cannot be hidden")
        remark.hidden = view.flag("is_hidden", default=True)
    elif "message" in view.params:
        if not remark.own:
            raise refuse(200, "(#200) Permissions error", status=403)
        remark.text, remark.edited = view.params["message"], view.sandbox.clock.stamp()
    else:
        raise refuse(100, "(#100) No parameter of this comment can be changed that way")
    view.sandbox.world.touch(remark)
    return {"success": True}


def delete_comment(view: View, remark: Remark) -> dict[str, Any]:
    """DELETE /{comment}, with its replies."""
    view.need(view.account(view.sandbox.world.posts[remark.post].author), "pages_manage_engagement")
    view.sandbox.remove_remark(remark)
    return {"success": True}


def list_comments(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{post}/comments: top level, or with filter=stream all of them."""
    return _comments(view, view.account(post.author), list(view.sandbox.world.remarks_of(post.id)), ask, None)


def list_replies(view: View, remark: Remark, ask: Ask) -> dict[str, Any]:
    """GET /{comment}/comments."""
    post = view.sandbox.world.posts[remark.post]
    return _comments(view, view.account(post.author), list(view.sandbox.world.remarks_of(post.id)), ask, remark.id)


def _comments(view: View, page: SandboxAccount, remarks: list[Remark], ask: Ask, parent: str | None) -> dict[str, Any]:
    view.need_people(page, "pages_read_user_content")
    if view.is_a_persons(page):
        return {"data": []}  # no refusal: just nothing
    chosen = _choose(ask, "filter", ("toplevel", "stream"))
    order = _choose(ask, "order", ("chronological", "reverse_chronological"))
    kept = [item for item in remarks if _belongs(item, chosen, parent)]
    total = len(kept)
    since = _moment(ask.args.get("since"))
    kept = [item for item in kept if item.created >= since]
    if order == "reverse_chronological":
        kept.reverse()
    nodes = [Node(id=item.id, kind=COMMENT, thing=item, network="facebook", account=page.account_id) for item in kept]
    answer = page_of(view, ask, nodes)
    if _wants_summary(ask):
        answer["summary"] = {"order": order, "total_count": total, "can_comment": True}
    return answer


def _belongs(remark: Remark, chosen: str, parent: str | None) -> bool:
    if parent is not None:
        return remark.parent == parent
    return chosen == "stream" or remark.parent is None


def _choose(ask: Ask, name: str, options: tuple[str, ...]) -> str:
    value = ask.args.get(name, options[0])
    if value not in options:
        raise refuse(100, f"(#100) Param {name} must be one of {{{', '.join(options).upper()}}}")
    return value


def _moment(text: str | None) -> float:
    if text is None:
        return 0
    try:
        return float(text) if text.isdecimal() else datetime.fromisoformat(text).timestamp()
    except ValueError as fault:
        raise refuse(100, "(#100) Param since must be a time") from fault


def _wants_summary(ask: Ask) -> bool:
    return ask.args.get("summary", "false") not in {"false", "0"}


# Listings and counters


def list_posts(view: View, page: SandboxAccount, ask: Ask) -> dict[str, Any]:
    """GET /{page}/published_posts, /posts, /feed: newest first."""
    if "pages_read_engagement" in page.missing:
        raise refuse(
            100,
            "(#100) Object does not exist, cannot be loaded due to missing permission or reviewable feature, or does not support this "
            "operation. This endpoint requires the 'pages_read_engagement' permission or the 'Page Public Content Access' feature.",
        )
    horizon = view.sandbox.clock.stamp() - view.sandbox.settings.delays.listing
    since, until = _moment(ask.args.get("since")), _moment(ask.args.get("until")) or float("inf")
    posts = [
        post
        for post in _published(view.sandbox, page.account_id)
        if (post.published or 0) <= horizon and since <= (post.published or 0) <= until
    ]
    posts.sort(key=lambda post: (post.published or 0, post.id), reverse=True)
    nodes = [Node(id=post.id, kind=POST, thing=post, network="facebook", account=page.account_id) for post in posts]
    return page_of(view, ask, nodes)


def _published(sandbox: Sandbox, page_id: str) -> list[Post]:
    return [post for post in sandbox.world.posts_of("facebook", page_id) if post.visible]


def list_reactions(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{post}/reactions, of one type or all."""
    view.need_people(view.account(post.author), "pages_read_user_content")
    wanted = ask.args.get("type")
    if wanted is not None and wanted not in {*REACTIONS, "NONE"}:
        raise refuse(100, f"(#100) Param type must be one of {{{', '.join(REACTIONS)}}}")
    people = [person for person, kind in post.reactions.items() if wanted in {None, kind}]
    nodes = [
        Node(
            id=person,
            kind=REACTION,
            thing=(view.sandbox.name_of(person), post.reactions[person]),
            network="facebook",
            account="",
        )
        for person in people
    ]
    answer = page_of(view, ask, nodes)
    if _wants_summary(ask):
        answer["summary"] = {"total_count": len(people)} | ({} if wanted else {"viewer_reaction": "NONE"})
    return answer


def list_likes(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{post}/likes: who liked it, whatever their reaction."""
    return list_reactions(view, post, ask)


def list_insights(view: View, post: Post, ask: Ask) -> dict[str, Any]:
    """GET /{post}/insights; one metric that is not there fails the request."""
    view.need(view.account(post.author), "read_insights")
    metrics = [name for name in ask.args.get("metric", "").split(",") if name]
    if not metrics:
        raise refuse(3001, "(#3001) The parameter metric is required", subcode=1504028)
    rows = []
    for name in metrics:
        if name not in _METRICS:
            raise refuse(100, "(#100) The value must be a valid insights metric")
        rows.append(
            {
                "name": name,
                "period": "lifetime",
                "values": [{"value": _METRICS[name](post)}],
                "title": name.replace("_", " ").capitalize(),
                "description": f"Lifetime: {name.replace('_', ' ')}",
                "id": f"{post.id}/insights/{name}/lifetime",
            }
        )
    return {"data": rows}


def _by_type(post: Post) -> dict[str, int]:
    kinds = list(post.reactions.values())
    return {kind.lower(): kinds.count(kind) for kind in REACTIONS if kind in kinds}


_METRICS: Mapping[str, Callable[[Post], Any]] = {
    "post_media_view": lambda post: post.views,
    "post_total_media_view_unique": lambda post: post.views,
    "post_clicks": lambda post: post.clicks,
    "post_reactions_by_type_total": _by_type,
    "post_reactions_like_total": lambda post: _by_type(post).get("like", 0),
    "post_reactions_love_total": lambda post: _by_type(post).get("love", 0),
    "post_reactions_wow_total": lambda post: _by_type(post).get("wow", 0),
    "post_reactions_haha_total": lambda post: _by_type(post).get("haha", 0),
    "post_reactions_sorry_total": lambda post: _by_type(post).get("sad", 0),
    "post_reactions_anger_total": lambda post: _by_type(post).get("angry", 0),
}


# Fields


def permalink(post: Post) -> str:
    """Path of a post's own page."""
    page, _, number = post.id.partition("_")
    return f"/{page}/posts/{number}"


def _person(view: View, remark: Remark, _field: Field) -> Any:  # noqa: ANN401 (a row, or absent)
    del view
    return ABSENT if remark.anonymous else {"name": remark.author_name, "id": remark.author}


def _parent(view: View, remark: Remark, _field: Field) -> Any:  # noqa: ANN401 (a row, or absent)
    parent = view.sandbox.world.remarks.get(remark.parent or "")
    return {"created_time": graph_time(parent.created), "message": parent.text, "id": parent.id} if parent else ABSENT


def _replies(view: View, remark: Remark) -> int:
    return sum(item.parent == remark.id for item in view.sandbox.world.remarks_of(remark.post))


def _images(view: View, upload: Upload, _field: Field) -> list[dict[str, Any]]:
    picture = upload.picture
    if picture is None:
        return []
    source = view.link(view.sandbox.cdn_path(picture))
    sizes = [(picture.width, picture.height)]
    sizes += [(width, picture.height * width // picture.width) for width in _WIDTHS if width < picture.width]
    # Smaller renditions are named, as there, but hold the same bytes.
    return [{"height": height, "source": source, "width": width} for width, height in sizes]


_ATTACHED = frozenset(
    ["description", "media", "media_type", "subattachments", "target", "title", "type", "unshimmed_url", "url"]
)
"""Fields of a StoryAttachment, which has no id."""


def _attachments(view: View, post: Post, field: Field) -> Any:  # noqa: ANN401 (rows, or absent)
    rows: list[dict[str, Any]] = []
    for photo_id, picture in zip(_photos(post), post.pictures, strict=True):
        image = {"height": picture.height, "src": view.link(view.sandbox.cdn_path(picture)), "width": picture.width}
        target = {"id": photo_id, "url": view.link(view.sandbox.cdn_path(picture))}
        rows.append({"media": {"image": image}, "media_type": "photo", "target": target, "type": "photo"})
    if len(rows) > 1:
        target = {"id": post.id.partition("_")[2], "url": view.link(permalink(post))}
        album = {"subattachments": {"data": rows}, "media_type": "album", "target": target, "title": "Photos"}
        rows = [album | {"type": "album"}]
    if not rows and post.link:
        rows = [{"media_type": "link", "target": {"url": post.link}, "title": post.link, "type": "share"}]
        rows[0] |= {"url": post.link, "unshimmed_url": post.link}
    return {"data": [_attachment(row, field.sub) for row in rows]} if rows else ABSENT


def _attachment(row: Mapping[str, Any], wanted: Sequence[Field]) -> dict[str, Any]:
    """Give the fields that were asked for, those below an album too."""
    for item in wanted:
        if item.name not in _ATTACHED:
            message = f"(#100) Tried accessing nonexisting field ({item.name}) on node type (StoryAttachment)"
            raise refuse(100, message)
    kept = {item.name: row[item.name] for item in wanted if item.name in row} if wanted else dict(row)
    for item in wanted:
        if item.name == "subattachments" and item.name in kept:
            kept[item.name] = {"data": [_attachment(below, item.sub) for below in kept[item.name]["data"]]}
        elif item.name == "target" and item.sub and item.name in kept:
            kept[item.name] = {
                key: value for key, value in kept[item.name].items() if key in {f.name for f in item.sub}
            }
    return kept


def _photos(post: Post) -> list[str]:
    return [photo for photo in post.memo["photos"].split(",") if photo]


def _shares(view: View, post: Post, _field: Field) -> Any:  # noqa: ANN401 (a row, or absent)
    del view
    # There is no `shares` when nobody shared.
    return {"count": len(post.sharers)} if post.sharers else ABSENT


def _text(view: View, post: Post, _field: Field) -> Any:  # noqa: ANN401 (text, or absent)
    del view
    return post.text or ABSENT


def _instagram(view: View, page: SandboxAccount, _field: Field) -> Any:  # noqa: ANN401 (a row, or absent)
    linked = view.sandbox.instagram_of(page.account_id)
    return {"id": linked.account_id} if linked else ABSENT


PAGE = NodeKind(
    name="Page",
    defaults=("name",),
    fields={
        "name": lambda _view, page, _field: page.name,
        "username": lambda _view, page, _field: page.username,
        "category": lambda _view, _page, _field: "Julkishallinto",
        "link": lambda view, page, _field: view.link(f"/facebook/{page.account_id}"),
        "fan_count": lambda _view, page, _field: page.followers,
        "followers_count": lambda _view, page, _field: page.followers,
        "is_published": lambda _view, _page, _field: True,
        "instagram_business_account": _instagram,
    },
    edges={"published_posts": list_posts, "posts": list_posts, "feed": list_posts},
    posts={"photos": post_photo, "feed": post_feed},
)

POST = NodeKind(
    name="PagePost",
    defaults=("created_time", "message"),
    fields={
        "message": _text,
        "created_time": lambda _view, post, _field: graph_time(post.published or post.created),
        "updated_time": lambda _view, post, _field: graph_time(post.edited or post.published or post.created),
        "permalink_url": lambda view, post, _field: view.link(permalink(post)),
        "is_published": lambda _view, post, _field: post.published is not None,
        "is_hidden": lambda _view, _post, _field: False,
        "status_type": lambda _view, post, _field: "added_photos" if post.pictures else "mobile_status_update",
        "from": lambda _view, post, _field: {"name": post.author_name, "id": post.author},
        "shares": _shares,
        "attachments": _attachments,
        "full_picture": lambda view, post, _field: (
            view.link(view.sandbox.cdn_path(post.pictures[0])) if post.pictures else ABSENT
        ),
    },
    edges={"comments": list_comments, "reactions": list_reactions, "likes": list_likes, "insights": list_insights},
    posts={"": post_post, "comments": comment_on_post},
    delete=delete_post,
)

PHOTO = NodeKind(
    name="Photo",
    defaults=("created_time", "name"),
    fields={
        "created_time": lambda _view, upload, _field: graph_time(upload.created),
        "name": lambda _view, upload, _field: upload.memo["caption"] or ABSENT,
        "alt_text": lambda _view, upload, _field: upload.picture.alt or "Ei vaihtoehtoista kuvausta.",
        "alt_text_custom": lambda _view, upload, _field: upload.picture.alt or ABSENT,
        "images": _images,
        "width": lambda _view, upload, _field: upload.picture.width,
        "height": lambda _view, upload, _field: upload.picture.height,
        "link": lambda view, upload, _field: view.link(view.sandbox.cdn_path(upload.picture)),
        "page_story_id": lambda _view, upload, _field: upload.post or ABSENT,
        "from": lambda view, upload, _field: {"name": view.sandbox.pages[upload.account].name, "id": upload.account},
    },
    delete=delete_photo,
)

COMMENT = NodeKind(
    name="Comment",
    defaults=("created_time", "from", "message"),
    fields={
        "message": lambda _view, remark, _field: remark.text,
        "created_time": lambda _view, remark, _field: graph_time(remark.created),
        "from": _person,
        "parent": _parent,
        "like_count": lambda _view, remark, _field: len(remark.likes),
        "comment_count": lambda view, remark, _field: _replies(view, remark),
        "is_hidden": lambda _view, remark, _field: remark.hidden,
        "can_hide": lambda _view, remark, _field: not remark.own,
        "can_remove": lambda _view, _remark, _field: True,
        "can_comment": lambda _view, _remark, _field: True,
        "can_reply_privately": lambda _view, remark, _field: not remark.own,
        "permalink_url": lambda view, remark, _field: view.link(
            f"{permalink(view.sandbox.world.posts[remark.post])}?comment_id={remark.id.partition('_')[2]}"
        ),
        "message_tags": lambda _view, _remark, _field: ABSENT,
        "attachment": lambda _view, _remark, _field: ABSENT,
        "user_likes": lambda _view, _remark, _field: False,
    },
    edges={"comments": list_replies},
    posts={"": post_comment, "comments": comment_on_comment},
    delete=delete_comment,
)

REACTION = NodeKind(
    name="Reaction",
    defaults=("name", "type"),
    fields={"name": lambda _view, row, _field: row[0], "type": lambda _view, row, _field: row[1]},
)

__all__ = ["find_node", "new_comment", "not_there", "permalink"]
