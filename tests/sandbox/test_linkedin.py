"""LinkedIn: versions, encoding, posts, images, comments, counters; and everything that is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from channels.sandbox import Sandbox, Served
from tests.sandbox.clients import LINKEDIN, ORG, OTHER_LINKEDIN, LinkedIn, enc, image


def code(answer: requests.Response) -> tuple[int, str | None]:
    """Read status and code of an error."""
    return answer.status_code, answer.json().get("code")


def test_a_post_answers_with_its_urn_in_a_header(box: Sandbox, linkedin: LinkedIn) -> None:
    """201, no body; whether it is a share or a ugcPost cannot be told beforehand, and both occur."""
    kinds = set()
    for number in range(4):
        answer = linkedin.create(f"Teksti {number}")
        assert (answer.status_code, answer.content) == (201, b"")
        kinds.add(answer.headers["x-restli-id"].split(":")[2])
    assert kinds == {"share", "ugcPost"}
    assert [post.text for post in box.ledger()] == [f"Teksti {number}" for number in range(4)]


def test_a_text_is_read_as_little_text(box: Sandbox, linkedin: LinkedIn) -> None:
    """Residents see it without escapes; reading it back gives little text again."""
    source = r"a\(b\)\_c {hashtag|\#|lupa} \@e #tieto"
    urn = linkedin.created(source)
    assert box.ledger()[0].text == "a(b)_c #lupa @e #tieto"
    assert linkedin.get(f"posts/{enc(urn)}").json()["commentary"] == source.replace("#tieto", r"{hashtag|\#|tieto}")


def test_an_unescaped_sign_silently_cuts_the_text(box: Sandbox, linkedin: LinkedIn) -> None:
    """201 all the same: only reading it back shows what is missing."""
    urn = linkedin.created("Avoinna (ma–pe)")
    assert box.ledger()[0].text == "Avoinna "
    assert linkedin.get(f"posts/{enc(urn)}").json()["commentary"] == "Avoinna "


@pytest.mark.parametrize(
    "version, wanted",
    [
        (None, (400, "VERSION_MISSING")),
        ("", (400, "VERSION_MISSING")),
        ("202609", (200, None)),
        ("202512", (200, None)),
        ("202511", (426, "NONEXISTENT_VERSION")),
        ("202610", (426, "NONEXISTENT_VERSION")),
        ("202613", (426, "NONEXISTENT_VERSION")),
        ("v2", (426, "NONEXISTENT_VERSION")),
    ],
)
def test_a_version_must_be_named_and_alive(
    linkedin: LinkedIn, version: str | None, wanted: tuple[int, str | None]
) -> None:
    """Missing is a 400; dead or not yet born a 426 that names it."""
    del linkedin.headers["LinkedIn-Version"]
    if version is not None:
        linkedin.headers["LinkedIn-Version"] = version
    answer = linkedin.get("me")
    assert code(answer) == wanted
    if wanted[0] == 426:
        assert answer.json()["message"] == f"Requested version {version}01 is not active"


def test_versions_die_by_the_clock_if_told_so(box: Sandbox, linkedin: LinkedIn) -> None:
    """On the 15th of the same month a year later."""
    box.settings.versions.judged_on = None
    box.clock.set(datetime(2027, 9, 14, tzinfo=UTC))
    assert linkedin.get("me").status_code == 200
    box.clock.set(datetime(2027, 9, 15, tzinfo=UTC))
    assert code(linkedin.get("me")) == (426, "NONEXISTENT_VERSION")


@pytest.mark.parametrize("protocol", [None, "1.0.0"])
def test_the_protocol_must_be_named(linkedin: LinkedIn, protocol: str | None) -> None:
    """Without the header nothing can be resolved."""
    del linkedin.headers["X-Restli-Protocol-Version"]
    if protocol:
        linkedin.headers["X-Restli-Protocol-Version"] = protocol
    assert code(linkedin.get("me")) == (400, "ILLEGAL_ARGUMENT")


@pytest.mark.parametrize(
    "path, words",
    [
        ("posts/{urn}", "Resource method could not be resolved from request parameters."),
        ("posts/{twice}", "Resource method could not be resolved from request parameters."),
        ("socialActions/{urn}/comments", "Resource method could not be resolved from request parameters."),
        ("socialMetadata?ids=List%28{enc}%29", "Parameter 'ids' is invalid"),
        ("socialMetadata?ids={enc}", "Parameter 'ids' is invalid"),
        ("socialMetadata?ids=List({urn})", "Parameter 'ids' is invalid"),
        ("posts?q=author&author={author}", "Invalid query parameters passed to request"),
        ("posts?q=nobody&author={encauthor}", "Resource method could not be resolved from request parameters."),
        ("posts?q=author&author={encauthor}&count=101", "Parameter 'count' is invalid"),
        ("posts?q=author&author={encauthor}&sortBy=AGE", "Parameter 'sortBy' is invalid"),
        (
            "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={encauthor}&shares[0]={enc}",
            "Invalid query parameters passed to request",
        ),
        (
            "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={encauthor}&timeIntervals=%28x%29",
            "Parameter 'timeIntervals' is invalid",
        ),
    ],
)
def test_what_is_encoded_wrongly_is_refused(box: Sandbox, linkedin: LinkedIn, path: str, words: str) -> None:
    """URNs fully, List() not at all, nothing twice."""
    box.accounts[3].tier = "standard"
    urn = linkedin.created()
    filled = path.format(
        urn=urn, enc=enc(urn), twice=enc(enc(urn)), author=linkedin.author, encauthor=enc(linkedin.author)
    )
    answer = linkedin.get(filled)
    assert answer.status_code == 400
    assert answer.json()["message"] == words


def test_a_method_header_must_fit(linkedin: LinkedIn) -> None:
    """It may be left out, except for partial updates; a wrong one cannot be resolved."""
    urn = enc(linkedin.created())
    assert linkedin.ask("GET", f"posts/{urn}", {"X-RestLi-Method": "GET"}).status_code == 200
    assert code(linkedin.ask("GET", f"posts/{urn}", {"X-RestLi-Method": "FINDER"})) == (400, "ILLEGAL_ARGUMENT")
    change = {"patch": {"$set": {"commentary": "Uusi"}}}
    assert code(linkedin.post(f"posts/{urn}", change)) == (400, "ILLEGAL_ARGUMENT")
    assert linkedin.post(f"posts/{urn}", change, X_RestLi_Method="PARTIAL_UPDATE").status_code == 204


def poll(**change: Any) -> dict[str, Any]:
    settings = {"duration": "ONE_DAY", "voteSelectionType": "SINGLE_VOTE", "isVoterVisibleToAuthor": True}
    asked = {"question": "Mikä?", "options": [{"text": "a"}, {"text": "b"}], "settings": settings, **change}
    return {"content": {"poll": asked}}


@pytest.mark.parametrize(
    "change, status, words",
    [
        ({"author": None}, 422, "/author :: field is required"),
        ({"commentary": None, "visibility": None}, 422, "/visibility :: field is required"),
        ({"colour": "red"}, 422, "/colour :: unrecognized field"),
        ({"commentary": 5}, 422, "/commentary :: 5 cannot be coerced to str"),
        ({"author": "urn:li:person:A"}, 400, "Invalid urn type"),
        ({"author": "urn:li:organization:5000102"}, 403, "[/author]"),
        ({"commentary": " "}, 400, "commentary can't be blank"),
        ({"commentary": "a" * 3001}, 400, "commentary length exceeds"),
        ({"lifecycleState": "DRAFT"}, 400, "Invalid value for lifecycleState"),
        ({"visibility": "EVERYBODY"}, 400, "Invalid value for visibility"),
        ({"distribution": {}}, 422, "/distribution/feedDistribution :: field is required"),
        ({"distribution": {"feedDistribution": "SIDE_FEED"}}, 400, "Invalid value for feedDistribution"),
        ({"content": {}}, 422, "exactly one member"),
        ({"content": {"media": {"id": "x"}, "article": {"source": "x", "title": "x"}}}, 422, "exactly one member"),
        ({"content": {"media": {"id": "urn:li:video:A"}}}, 400, "Invalid urn type"),
        ({"content": {"media": {"id": "urn:li:image:A"}}}, 400, "Invalid urn id"),
        ({"content": {"multiImage": {"images": [{"id": "urn:li:image:A"}]}}}, 400, "between 2 and 20"),
        ({"content": {"article": {"source": "https://x.fi"}}}, 422, "/content/article/title :: field is required"),
        ({"content": {"article": {"source": "x.fi", "title": "X"}}}, 400, "Invalid value for source"),
        ({"content": {"article": {"source": "https://x.fi", "title": " "}}}, 400, "title can't be blank"),
        ({"content": {"article": {"source": "https://x.fi", "title": "a" * 401}}}, 400, "title length exceeds"),
        (
            {"content": {"article": {"source": "https://x.fi", "title": "a", "description": ""}}},
            400,
            "description can't",
        ),
        (
            {"content": {"article": {"source": "https://x.fi", "title": "a", "description": "a" * 4086}}},
            400,
            "description length exceeds",
        ),
        (
            {"content": {"article": {"source": "https://x.fi", "title": "a", "thumbnail": "urn:li:image:A"}}},
            400,
            "Invalid urn id",
        ),
        (
            {"content": {"article": {"source": "https://x.fi", "title": "a", "thumbnailAltText": "a" * 4087}}},
            400,
            "thumbnailAltText length exceeds",
        ),
        ({"content": {"poll": {"question": "?"}}}, 422, "/content/poll/options :: field is required"),
        (poll(question="a" * 141), 400, "question length exceeds"),
        (poll(question=" "), 400, "question can't be blank"),
        (poll(options=[{"text": "a"}]), 400, "between 2 and 4"),
        (poll(options=[{"text": "a"}, {"text": "b" * 31}]), 400, "text length exceeds"),
        (poll(options=[{"text": "a"}, "b"]), 422, "cannot be coerced to record"),
        (
            poll(settings={"duration": "TWO_DAYS", "voteSelectionType": "SINGLE_VOTE", "isVoterVisibleToAuthor": True}),
            400,
            "duration",
        ),
        (
            poll(settings={"duration": "ONE_DAY", "voteSelectionType": "SINGLE_VOTE", "isVoterVisibleToAuthor": False}),
            400,
            "isVoterVisibleToAuthor",
        ),
    ],
)
def test_a_post_is_held_against_the_schema(
    box: Sandbox, linkedin: LinkedIn, change: dict[str, Any], status: int, words: str
) -> None:
    """All that is missing, unknown, blank, too long, or somebody else's."""
    body = {name: value for name, value in {**linkedin.body(), **change}.items() if value is not None}
    answer = linkedin.post("posts", body)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert box.ledger() == ()


def test_a_body_must_be_json(linkedin: LinkedIn) -> None:
    """In LinkedIn's own words."""
    for answer in (
        linkedin.ask("POST", "posts", data="author=1"),
        linkedin.ask("POST", "posts", {"Content-Type": "application/json"}, data="{"),
        linkedin.ask("POST", "posts", {"Content-Type": "application/json"}, data="[]"),
    ):
        assert code(answer) == (400, "ILLEGAL_ARGUMENT")
        assert answer.json()["message"] == "Request body could not be converted to data map"


def test_a_text_of_exactly_3000_characters_is_taken(box: Sandbox, linkedin: LinkedIn) -> None:
    """Escapes count: the refusal is for what was sent, not for what is seen."""
    linkedin.created("a" * 3000)
    assert len(box.ledger()[0].text) == 3000
    assert code(linkedin.create("\\(" * 1501)) == (400, "FIELD_LENGTH_TOO_LONG")


def test_an_image_is_announced_sent_and_awaited(box: Sandbox, linkedin: LinkedIn) -> None:
    """WAITING_UPLOAD, PROCESSING, AVAILABLE; then it can be posted with its alternative text."""
    box.settings.delays.image = 2
    value = linkedin.initialize()
    path = f"images/{enc(value['image'])}"
    assert linkedin.get(path).json()["status"] == "WAITING_UPLOAD"
    post = {"content": {"media": {"id": value["image"], "altText": "Kuvassa lomake"}}}
    assert code(linkedin.create("Hei", **post)) == (400, "MEDIA_ASSET_WAITING_UPLOAD")
    answer = linkedin.put(value["uploadUrl"])
    assert (answer.status_code, answer.content) == (201, b"")
    assert linkedin.get(path).json()["status"] == "PROCESSING"
    box.clock.advance(2)
    row = linkedin.get(path).json()
    assert (row["status"], row["owner"]) == ("AVAILABLE", linkedin.author)
    urn = linkedin.created("Hei", **post)
    (kept,) = box.ledger()
    assert [(picture.alt, picture.width) for picture in kept.pictures] == [("Kuvassa lomake", 800)]
    assert linkedin.get(f"posts/{enc(urn)}").json()["content"] == post["content"]


def test_a_post_before_its_image_never_becomes_visible(box: Sandbox, linkedin: LinkedIn) -> None:
    """201 all the same; only a look as its author shows PUBLISH_FAILED."""
    box.settings.delays.image = 60
    urn = linkedin.created("Hätäinen", content={"media": {"id": linkedin.picture(), "altText": "x"}})
    assert box.ledger() == ()
    assert [post.id for post in box.drafts()] == [urn]
    assert code(linkedin.get(f"posts/{enc(urn)}")) == (404, "NOT_FOUND")
    assert linkedin.get(f"posts/{enc(urn)}?viewContext=AUTHOR").json()["lifecycleState"] == "PUBLISH_FAILED"


@pytest.mark.parametrize(
    "data", [b"no picture", image(kind="WEBP"), image(6100, 6000)], ids=["no picture", "webp", "too many pixels"]
)
def test_an_image_that_is_no_good_fails_in_processing(linkedin: LinkedIn, data: bytes) -> None:
    """The upload itself is taken."""
    urn = linkedin.picture(data)
    assert linkedin.get(f"images/{enc(urn)}").json()["status"] == "PROCESSING_FAILED"
    answer = linkedin.create("Hei", content={"media": {"id": urn}})
    assert code(answer) == (400, "MEDIA_ASSET_PROCESSING_FAILED")


def test_an_upload_needs_the_token_and_comes_in_time(box: Sandbox, linkedin: LinkedIn) -> None:
    """Raw bytes, with Authorization, before the address expires."""
    address = linkedin.initialize()["uploadUrl"]
    assert requests.put(address, data=image(), timeout=5).status_code == 401
    form = requests.put(address, files={"file": image()}, headers={"Authorization": f"Bearer {LINKEDIN}"}, timeout=5)
    assert form.status_code == 415
    other = LinkedIn(linkedin.url, OTHER_LINKEDIN)
    assert other.put(address).status_code == 403
    box.clock.advance(86_401)
    assert code(linkedin.put(address)) == (400, "EXPIRED_UPLOAD_URL")


def test_upload_addresses_can_name_the_real_host(box: Sandbox, linkedin: LinkedIn) -> None:
    """As in reality; a client must then move them itself."""
    assert linkedin.initialize()["uploadUrl"].startswith(f"{linkedin.url}/dms-uploads/")
    box.settings.habits.real_upload_hosts = True
    assert linkedin.initialize()["uploadUrl"].startswith("https://www.linkedin.com/dms-uploads/")


def test_several_images_keep_their_order(box: Sandbox, linkedin: LinkedIn) -> None:
    """Two to twenty, each with its text or none."""
    ids = [linkedin.picture(image(600 + n, 400)) for n in range(3)]
    images = [{"id": ids[0], "altText": "Eka"}, {"id": ids[1]}, {"id": ids[2], "altText": "Kolmas"}]
    linkedin.created("Kolme", content={"multiImage": {"images": images}})
    assert [(picture.alt, picture.width) for picture in box.ledger()[0].pictures] == [
        ("Eka", 600),
        ("", 601),
        ("Kolmas", 602),
    ]


def test_images_are_for_their_owner(box: Sandbox, linkedin: LinkedIn) -> None:
    """Another organisation can neither look at them nor post them nor announce one for us."""
    other = LinkedIn(linkedin.url, OTHER_LINKEDIN, "5000102")
    theirs = other.picture()
    assert linkedin.get(f"images/{enc(theirs)}").status_code == 403
    assert linkedin.create("Hei", content={"media": {"id": theirs}}).status_code == 403
    answer = linkedin.post("images?action=initializeUpload", {"initializeUploadRequest": {"owner": other.author}})
    assert answer.status_code == 403
    box.accounts[3].missing = ("r_organization_social",)
    assert linkedin.get(f"images/{enc(linkedin.picture())}").status_code == 403


@pytest.mark.parametrize("alt", ["", "  "])
def test_an_empty_alternative_text_must_be_left_out(linkedin: LinkedIn, alt: str) -> None:
    """Blank is refused; so is one of more than 4,086 characters."""
    urn = linkedin.picture()
    answer = linkedin.create("Hei", content={"media": {"id": urn, "altText": alt}})
    assert (code(answer), answer.json()["message"]) == ((400, "INVALID_VALUE_BLANK_FIELD"), "altText can't be blank")
    assert code(linkedin.create("Hei", content={"media": {"id": urn, "altText": "a" * 4087}}))[0] == 400
    assert linkedin.create("Hei", content={"media": {"id": urn}}).status_code == 201


def test_a_link_card_says_what_it_was_given(box: Sandbox, linkedin: LinkedIn) -> None:
    """LinkedIn fetches nothing: title and source are ours."""
    article = {"source": "https://www.hausjarvi.fi/lupa?utm_source=linkedin", "title": "Rakennuslupa (uusi)"}
    linkedin.created("Hae", content={"article": article})
    (post,) = box.ledger()
    assert (post.link, post.title) == (article["source"], "Rakennuslupa (uusi)")
    assert (post.description, post.thumbnail) == (None, None)


def test_a_link_card_has_its_own_words_and_picture(box: Sandbox, linkedin: LinkedIn) -> None:
    """The picture was uploaded before; all of it is read back as it was sent."""
    article = {"source": "https://www.hausjarvi.fi/lupa", "title": "Lupa", "description": "Hae (verkossa)"}
    article |= {"thumbnail": linkedin.picture(), "thumbnailAltText": "Kunnantalo"}
    urn = linkedin.created("Hae", content={"article": article})
    (post,) = box.ledger()
    assert (post.description, post.pictures) == ("Hae (verkossa)", ())
    assert post.thumbnail is not None
    assert post.thumbnail.alt == "Kunnantalo"
    assert linkedin.get(f"posts/{enc(urn)}?viewContext=READER").json()["content"]["article"] == article


def test_a_duplicate_names_the_first_post(box: Sandbox, linkedin: LinkedIn) -> None:
    """422 for ten minutes; the post it names may be a ghost that can no longer be read."""
    urn = linkedin.created("Sama")
    answer = linkedin.create("Sama")
    assert answer.status_code == 422
    assert answer.json()["message"].endswith(f"Content is a duplicate of {urn}")
    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    assert linkedin.create("Sama", content={"article": {"source": "https://x.fi", "title": "x"}}).status_code == 201
    linkedin.ask("DELETE", f"posts/{enc(urn)}")
    assert linkedin.create("Sama").json()["message"].endswith(urn)
    assert code(linkedin.get(f"posts/{enc(urn)}")) == (404, "NOT_FOUND")
    box.clock.advance(600)
    assert linkedin.create("Sama").status_code == 201


def test_posts_are_found_by_author(box: Sandbox, linkedin: LinkedIn) -> None:
    """Newest first, page by page through `links`; deleted posts leave their page short."""
    urns = []
    for number in range(5):
        urns.append(linkedin.created(f"Teksti {number}"))
        box.clock.advance(1)
    linkedin.ask("DELETE", f"posts/{enc(urns[3])}")
    path = f"posts?q=author&author={enc(linkedin.author)}&count=2&start=0&sortBy=CREATED"
    pages = []
    while path:
        body = linkedin.get(path).json()
        pages.append([row["id"] for row in body["elements"]])
        links = body["paging"]["links"]
        path = links[0]["href"].removeprefix("/rest/") if links else ""
    assert pages == [[urns[4]], [urns[2], urns[1]], [urns[0]]]


def test_a_listing_may_lag(box: Sandbox, linkedin: LinkedIn) -> None:
    """A new post is read by its URN before the finder has it."""
    box.settings.delays.listing = 30
    urn = linkedin.created()
    path = f"posts?q=author&author={enc(linkedin.author)}"
    assert linkedin.get(path).json()["elements"] == []
    assert linkedin.get(f"posts/{enc(urn)}").status_code == 200
    box.clock.advance(30)
    assert [row["id"] for row in linkedin.get(path).json()["elements"]] == [urn]


def test_only_the_words_of_a_post_can_change(box: Sandbox, linkedin: LinkedIn) -> None:
    """Deleting is the same the second time."""
    urn = enc(linkedin.created("Vahna"))
    update = {"X_RestLi_Method": "PARTIAL_UPDATE"}
    assert linkedin.post(f"posts/{urn}", {"patch": {"$set": {"commentary": "Vanha"}}}, **update).status_code == 204
    assert linkedin.post(f"posts/{urn}", {"patch": {"$set": {"content": {}}}}, **update).status_code == 400
    assert linkedin.post(f"posts/{urn}", {"patch": {"$set": {"commentary": ""}}}, **update).status_code == 400
    assert linkedin.post(f"posts/{urn}", {"commentary": "x"}, **update).status_code == 400
    assert box.ledger()[0].text == "Vanha"
    assert linkedin.get(f"posts/{urn}").json()["lifecycleStateInfo"] == {"isEditedByAuthor": True}
    assert [linkedin.ask("DELETE", f"posts/{urn}").status_code for _ in range(2)] == [204, 204]
    assert code(linkedin.get(f"posts/{urn}")) == (404, "NOT_FOUND")


def test_another_organisation_s_post_is_forbidden(linkedin: LinkedIn) -> None:
    """It can be neither read nor deleted nor looked up."""
    other = LinkedIn(linkedin.url, OTHER_LINKEDIN, "5000102")
    theirs = enc(other.created("Loppi"))
    assert linkedin.get(f"posts/{theirs}").status_code == 403
    assert linkedin.ask("DELETE", f"posts/{theirs}").status_code == 403
    assert "member is unauthorized on" in linkedin.get(f"socialActions/{theirs}/comments").json()["message"]
    assert linkedin.get(f"posts?q=author&author={enc(other.author)}").status_code == 403


def test_a_comment_right_after_the_post_comes_too_early(box: Sandbox, linkedin: LinkedIn) -> None:
    """404 until the activity exists."""
    box.settings.delays.activity = 3
    urn = linkedin.created()
    answer = linkedin.comment(urn)
    assert (answer.status_code, answer.json()["message"]) == (404, f"Unable to obtain activity for {urn}")
    box.clock.advance(3)
    assert linkedin.comment(urn).status_code == 201


def test_comments_are_plain_text(box: Sandbox, linkedin: LinkedIn) -> None:
    """An escape in a comment is seen by everybody."""
    urn = linkedin.created()
    linkedin.comment(urn, r"Lisää \(ohjeita\) #täällä")
    assert box.ledger()[0].comments[0].text == r"Lisää \(ohjeita\) #täällä"


def test_comments_and_replies_are_listed_apart(box: Sandbox, linkedin: LinkedIn) -> None:
    """Newest first; replies under their comment; the activity's number is not the share's."""
    urn = linkedin.created()
    asked = box.comment(urn, "Mihin asti?", author="Helmi Niemi")
    box.comment(urn, "Nimettömänä", anonymous=True)
    reply = linkedin.comment(urn, "Perjantaihin", parentComment=asked)
    assert reply.headers["x-restli-id"] == reply.json()["id"]
    body = linkedin.get(f"socialActions/{enc(urn)}/comments?start=0&count=10").json()
    assert body["paging"]["total"] == 2
    unnamed, named = body["elements"]
    assert "actor" not in unnamed
    assert "actor" not in unnamed["created"]
    assert named["$URN"] == asked
    assert named["commentsSummary"]["totalFirstLevelComments"] == 1
    assert named["object"].startswith("urn:li:activity:")
    assert named["object"].rpartition(":")[2] != urn.rpartition(":")[2]
    (inner,) = linkedin.get(f"socialActions/{enc(asked)}/comments").json()["elements"]
    assert inner["commentUrn"] == reply.json()["commentUrn"]
    assert inner["parentComment"] == asked
    assert inner["actor"] == linkedin.author
    assert inner["created"]["impersonator"].startswith("urn:li:person:")


def test_comments_are_reached_by_the_activity_too(box: Sandbox, linkedin: LinkedIn) -> None:
    """The comment's own URN names it."""
    urn = linkedin.created()
    comment = box.comment(urn, "Hei")
    activity = comment.split("(")[1].split(",")[0]
    assert linkedin.get(f"socialActions/{enc(activity)}/comments").json()["paging"]["total"] == 1


def test_no_comments_may_be_a_404(box: Sandbox, linkedin: LinkedIn) -> None:
    """An empty list by default, and a 404 where the habit is set."""
    urn = enc(linkedin.created())
    assert linkedin.get(f"socialActions/{urn}/comments").json()["elements"] == []
    box.settings.habits.linkedin_empty_comments_404 = True
    assert linkedin.get(f"socialActions/{urn}/comments").status_code == 404


@pytest.mark.parametrize(
    "change, status, words",
    [
        ({"message": {"text": " "}}, 400, "message can't be blank"),
        ({"message": {"text": "a" * 1251}}, 400, "message length exceeds"),
        ({"content": []}, 403, "[/content]"),
        ({"actor": "urn:li:organization:5000102"}, 403, "Not enough permissions"),
        ({"object": None}, 422, "/object :: field is required"),
        ({"text": "x"}, 422, "/text :: unrecognized field"),
        ({"object": "urn:li:share:1"}, 404, "Not Found"),
        ({"parentComment": "urn:li:comment:(urn:li:activity:1,2)"}, 400, "Invalid urn id"),
    ],
)
def test_a_comment_is_held_against_the_rules(
    box: Sandbox, linkedin: LinkedIn, change: dict[str, Any], status: int, words: str
) -> None:
    """Words, length, actor, parent; and no pictures."""
    urn = linkedin.created()
    body = {"actor": linkedin.author, "object": urn, "message": {"text": "Hei"}, **change}
    answer = linkedin.post(
        f"socialActions/{enc(urn)}/comments", {name: value for name, value in body.items() if value is not None}
    )
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert box.ledger()[0].comments == ()


def test_own_comments_can_be_changed_and_any_deleted(box: Sandbox, linkedin: LinkedIn) -> None:
    """With the organisation as actor."""
    urn = linkedin.created()
    ours = linkedin.comment(urn, "Vahna").json()["id"]
    theirs = box.comment(urn, "Rumaa").rpartition(",")[2].rstrip(")")
    path, actor = f"socialActions/{enc(urn)}/comments", f"actor={enc(linkedin.author)}"
    patch = {"patch": {"message": {"$set": {"text": "Vanha"}}}}
    update = {"X_RestLi_Method": "PARTIAL_UPDATE"}
    assert linkedin.post(f"{path}/{ours}?{actor}", patch, **update).status_code == 204
    assert linkedin.get(f"{path}/{ours}").json()["message"]["text"] == "Vanha"
    assert linkedin.post(f"{path}/{theirs}?{actor}", patch, **update).status_code == 403
    assert linkedin.ask("DELETE", f"{path}/{theirs}").status_code == 403
    assert linkedin.ask("DELETE", f"{path}/{theirs}?{actor}").status_code == 204
    assert code(linkedin.get(f"{path}/{theirs}")) == (404, "NOT_FOUND")
    assert [comment.text for comment in box.ledger()[0].comments] == ["Vanha"]


def test_comments_may_be_throttled(box: Sandbox, linkedin: LinkedIn) -> None:
    """So many a minute, if a figure is set."""
    box.settings.quotas.linkedin_comments_a_minute = 1
    urn = linkedin.created()
    assert linkedin.comment(urn).status_code == 201
    assert linkedin.comment(urn, "Toinen").json()["message"].startswith("Comment create throttled")
    box.clock.advance(60)
    assert linkedin.comment(urn, "Toinen").status_code == 201


def test_counters_come_without_persons(box: Sandbox, linkedin: LinkedIn) -> None:
    """All comments and those at the top; reactions by kind, the kinds nobody chose left out."""
    urn = linkedin.created()
    asked = box.comment(urn, "Kysymys", author="Helmi Niemi")
    box.comment(urn, "Sama", author="Eero Lehtonen", parent=asked)
    box.react(urn, "praise", author="Aino Mäkelä")
    box.react(urn, "like", author="Eero Lehtonen")
    row = linkedin.get(f"socialMetadata/{enc(urn)}").json()
    assert row == {
        "entity": urn,
        "commentsState": "OPEN",
        "commentSummary": {"count": 2, "topLevelCount": 1},
        "reactionSummaries": {
            "LIKE": {"reactionType": "LIKE", "count": 1},
            "PRAISE": {"reactionType": "PRAISE", "count": 1},
        },
    }


def test_batches_are_for_the_standard_tier(box: Sandbox, linkedin: LinkedIn) -> None:
    """403 at the development tier; else results, statuses and errors by URN."""
    urn, gone = linkedin.created("Yksi"), linkedin.created("Kaksi")
    linkedin.ask("DELETE", f"posts/{enc(gone)}")
    path = f"socialMetadata?ids=List({enc(urn)},{enc(gone)})"
    refused = linkedin.get(path)
    assert (code(refused), refused.json()["serviceErrorCode"]) == ((403, "ACCESS_DENIED"), 100)
    assert linkedin.get(f"posts?ids=List({enc(urn)})").status_code == 403
    box.accounts[3].tier = "standard"
    body = linkedin.get(path).json()
    assert list(body["results"]) == [urn]
    assert body["statuses"] == {urn: 200, gone: 404}
    assert list(body["errors"]) == [gone]
    assert list(linkedin.get(f"posts?ids=List({enc(urn)})").json()["results"]) == [urn]


def test_closing_comments_deletes_them(box: Sandbox, linkedin: LinkedIn) -> None:
    """202, and they are gone for good."""
    urn = linkedin.created()
    box.comment(urn, "Hei")
    path = f"socialMetadata/{enc(urn)}?actor={enc(linkedin.author)}"
    body = {"patch": {"$set": {"commentsState": "CLOSED"}}}
    assert linkedin.post(path, body, X_RestLi_Method="PARTIAL_UPDATE").status_code == 202
    assert box.ledger()[0].comments == ()
    assert linkedin.comment(urn).status_code == 403


def test_reactions_are_listed_made_and_taken_back(box: Sandbox, linkedin: LinkedIn) -> None:
    """By compound keys with encoded URNs; MAYBE is gone."""
    urn = linkedin.created()
    box.react(urn, "interest")
    actor = enc(linkedin.author)
    made = linkedin.post(f"reactions?actor={actor}", {"root": urn, "reactionType": "PRAISE"})
    assert made.status_code == 201
    assert made.headers["x-restli-id"] == made.json()["id"]
    listed = linkedin.get(f"reactions/(entity:{enc(urn)})?q=entity&start=0&count=10").json()
    assert {row["reactionType"] for row in listed["elements"]} == {"INTEREST", "PRAISE"}
    assert linkedin.post(f"reactions?actor={actor}", {"root": urn, "reactionType": "MAYBE"}).status_code == 400
    assert linkedin.ask("DELETE", f"reactions/(actor:{actor},entity:{enc(urn)})").status_code == 204
    assert box.ledger()[0].reactions == {"interest": 1}


def test_statistics_leave_quiet_posts_out(box: Sandbox, linkedin: LinkedIn) -> None:
    """Each URN in the list of its own kind; without lists all posts together."""
    urns = [linkedin.created(f"Teksti {number}") for number in range(4)]
    shares = [urn for urn in urns if ":share:" in urn]
    ugc = [urn for urn in urns if ":ugcPost:" in urn]
    for urn in (shares[0], ugc[0]):
        box.view(urn, 100)
        box.share(urn)
    author = f"q=organizationalEntity&organizationalEntity={enc(linkedin.author)}"

    def listed(urns: list[str]) -> str:
        return f"List({','.join(enc(urn) for urn in urns)})"

    path = f"organizationalEntityShareStatistics?{author}&shares={listed(shares)}&ugcPosts={listed(ugc)}"
    rows = linkedin.get(path).json()["elements"]
    assert [row.get("share") or row.get("ugcPost") for row in rows] == [shares[0], ugc[0]]
    assert rows[0]["totalShareStatistics"]["impressionCount"] == 100
    assert rows[0]["totalShareStatistics"]["shareCount"] == 1
    assert linkedin.get(f"organizationalEntityShareStatistics?{author}&shares={listed(ugc)}").status_code == 400
    (whole,) = linkedin.get(f"organizationalEntityShareStatistics?{author}").json()["elements"]
    assert whole["totalShareStatistics"]["impressionCount"] == 200


def test_who_is_behind_the_token_is_told(box: Sandbox, linkedin: LinkedIn) -> None:
    """The member, the organisation, the role, the followers."""
    assert set(linkedin.get("me").json()) == {"id", "localizedFirstName", "localizedLastName"}
    assert linkedin.get(f"organizations/{ORG}").json()["localizedName"] == "Hausjärvi"
    assert linkedin.get("organizations/5000102").status_code == 403
    (role,) = linkedin.get("organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED").json()["elements"]
    assert role["organizationTarget"] == linkedin.author
    sizes = linkedin.get(f"networkSizes/{enc(linkedin.author)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER")
    assert sizes.json() == {"firstDegreeSize": 1200}


def test_roles_figures_and_followers_are_told_to_administrators_alone(box: Sandbox, linkedin: LinkedIn) -> None:
    """A content administrator sees the page and its posts, and nothing of the rest; without a role there is not even the page."""
    followers = f"networkSizes/{enc(linkedin.author)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
    figures = f"organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={enc(linkedin.author)}"
    page, posts = f"organizations/{ORG}", f"posts?q=author&author={enc(linkedin.author)}&count=1&start=0"
    asked = ("organizationAcls?q=roleAssignee&state=APPROVED", followers, figures, page, posts)
    seen = {}
    for role in ("ADMINISTRATOR", "CONTENT_ADMINISTRATOR", ""):
        box.accounts[3].role = role
        seen[role] = [linkedin.get(path).status_code for path in asked]
    assert seen == {
        "ADMINISTRATOR": [200] * 5,
        "CONTENT_ADMINISTRATOR": [403, 403, 403, 200, 200],
        "": [403] * 5,
    }


def test_a_token_can_be_introspected_by_its_app(box: Sandbox, served: Served) -> None:
    """Seconds since 1970, scopes, and nothing at all to another app."""
    box.accounts[3].expires_at = box.clock.now() + timedelta(days=20)
    form = {"client_id": "client", "client_secret": "client-secret", "token": LINKEDIN}
    row = requests.post(f"{served.base_url}/oauth/v2/introspectToken", data=form, timeout=5).json()
    assert row["active"] is True
    assert row["expires_at"] == int(box.clock.stamp()) + 20 * 86_400
    assert "w_organization_social" in row["scope"].split(",")
    stranger = requests.post(
        f"{served.base_url}/oauth/v2/introspectToken", data={**form, "client_secret": "x"}, timeout=5
    )
    assert stranger.json() == {"active": False}


@pytest.mark.parametrize(
    "status, wanted",
    [("expired", 65602), ("invalid", 65600), ("revoked", 65601), ("password_changed", 65601)],
)
def test_each_way_a_token_dies_has_its_code(box: Sandbox, linkedin: LinkedIn, status, wanted: int) -> None:
    """401 always, and serviceErrorCode says why."""
    box.accounts[3].status = status
    answer = linkedin.get("me")
    assert (answer.status_code, answer.json()["serviceErrorCode"]) == (401, wanted)


@pytest.mark.parametrize("token, wanted", [("", 401), ("AQX-nobody", 65600)])
def test_a_missing_or_unknown_token_is_refused(linkedin: LinkedIn, token: str, wanted: int) -> None:
    """No token and a wrong one are told apart."""
    linkedin.token = token
    answer = linkedin.get("me")
    assert (answer.status_code, answer.json()["serviceErrorCode"]) == (401, wanted)


@pytest.mark.parametrize(
    "scope, method, path",
    [
        ("r_organization_social", "GET", "posts/{urn}"),
        ("r_organization_social", "GET", "posts?q=author&author={author}"),
        ("w_organization_social", "DELETE", "posts/{urn}"),
        ("r_organization_social_feed", "GET", "socialActions/{urn}/comments"),
        ("w_organization_social_feed", "POST", "socialActions/{urn}/comments"),
        ("r_organization_social_feed", "GET", "socialMetadata/{urn}"),
        ("rw_organization_admin", "GET", "organizations/5000101"),
        ("r_basicprofile", "GET", "me"),
        (
            "rw_organization_admin",
            "GET",
            "organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={author}",
        ),
    ],
)
def test_each_call_needs_its_scope(box: Sandbox, linkedin: LinkedIn, scope: str, method: str, path: str) -> None:
    """403 with code 100; refreshing the token would not help."""
    urn = linkedin.created()
    box.accounts[3].missing = (scope,)
    body: dict[str, Any] | None = {} if method == "POST" else None
    answer = linkedin.ask(method, path.format(urn=enc(urn), author=enc(linkedin.author)), json=body)
    assert (code(answer), answer.json()["serviceErrorCode"]) == ((403, "ACCESS_DENIED"), 100)


def test_posting_without_the_scope_is_a_400(box: Sandbox, linkedin: LinkedIn) -> None:
    """In words of its own."""
    box.accounts[3].missing = ("w_organization_social",)
    answer = linkedin.create()
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Organization permissions must be used")


def test_the_day_s_calls_end_at_midnight(box: Sandbox, linkedin: LinkedIn) -> None:
    """A hundred by member at the development tier; the standard tier has more."""
    box.clock.set(datetime(2026, 12, 1, 23, 0, tzinfo=UTC))
    for _ in range(100):
        assert linkedin.get("me").status_code == 200
    refused = linkedin.get("me")
    assert (refused.status_code, refused.json()["serviceErrorCode"]) == (429, 101)
    assert "retry-after" not in refused.headers
    box.clock.set(datetime(2026, 12, 2, 0, 0, tzinfo=UTC))
    assert linkedin.get("me").status_code == 200
    box.accounts[3].tier = "standard"
    for _ in range(101):
        assert linkedin.get("me").status_code == 200


def test_the_calls_of_an_app_are_counted_together(box: Sandbox, linkedin: LinkedIn) -> None:
    """Two organisations under one app share its day."""
    box.settings.quotas.linkedin_app = 3
    box.accounts[6].api_key = box.accounts[3].api_key
    other = LinkedIn(linkedin.url, OTHER_LINKEDIN, "5000102")
    assert [client.get("me").status_code for client in (linkedin, other, linkedin, other)] == [200, 200, 200, 429]


def test_what_is_not_there_is_a_404(linkedin: LinkedIn) -> None:
    """No such resource, no such post."""
    assert linkedin.get("nothing").status_code == 404
    assert code(linkedin.get(f"posts/{enc('urn:li:share:1')}")) == (404, "NOT_FOUND")
    assert code(linkedin.get(f"posts/{enc('urn:li:activity:1')}")) == (400, "INVALID_URN_TYPE")
