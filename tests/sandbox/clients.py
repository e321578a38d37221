"""Plain clients of the four networks: just enough to ask, nothing that our channels would do for us."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import quote

import requests
from PIL import Image
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]

from channels.sandbox import SandboxAccount

PAGE, OTHER_PAGE = "100000000000101", "100000000000102"
GRAM = "17841400000000101"
X_USER = "2000000101"
ORG = "5000101"
META, OTHER_META, USER_TOKEN = "EAAG-one", "EAAG-two", "EAAU-user"
LINKEDIN, OTHER_LINKEDIN = "AQX-one", "AQX-two"


def accounts() -> list[SandboxAccount]:
    """Hausjärvi on all four networks, Loppi on three of them."""
    return [
        SandboxAccount(
            organisation="hausjarvi",
            channel="facebook",
            account_id=PAGE,
            token=META,
            name="Hausjärven kunta",
            user_token=USER_TOKEN,
        ),
        SandboxAccount(
            organisation="hausjarvi",
            channel="instagram",
            account_id=GRAM,
            token=META,
            name="Hausjärven kunta",
            username="hausjarvi",
        ),
        SandboxAccount(
            organisation="hausjarvi",
            channel="x",
            account_id=X_USER,
            token="2000000101-t",
            token_secret="s",
            name="Hausjärvi",
            username="hausjarvi",
            api_key="app-key",
            api_secret="app-secret",
        ),
        SandboxAccount(
            organisation="hausjarvi",
            channel="linkedin",
            account_id=ORG,
            token=LINKEDIN,
            name="Hausjärvi",
            api_key="client",
            api_secret="client-secret",
        ),
        SandboxAccount(
            organisation="loppi", channel="facebook", account_id=OTHER_PAGE, token=OTHER_META, name="Lopen kunta"
        ),
        SandboxAccount(
            organisation="loppi",
            channel="x",
            account_id="2000000102",
            token="bearer-two",
            name="Loppi",
            username="loppi",
        ),
        SandboxAccount(
            organisation="loppi", channel="linkedin", account_id="5000102", token=OTHER_LINKEDIN, name="Loppi"
        ),
    ]


def image(width: int = 800, height: int = 600, kind: str = "JPEG", **options: Any) -> bytes:
    """Draw a plain picture."""
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind, **options)
    return out.getvalue()


def oversized(width: int, height: int, size: int) -> bytes:
    """Draw a JPEG of at least `size` bytes: what follows the end of the picture belongs to the file."""
    data = image(width, height)
    return data + b"\0" * (size - len(data))


@dataclass
class Graph:
    """Facebook and Instagram."""

    url: str
    token: str = META
    version: str = "v25.0"

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.request(method, f"{self.url}/{self.version}/{path}", headers=headers, timeout=10, **more)

    def get(self, path: str, **params: str) -> requests.Response:
        return self.ask("GET", path, params=params)

    def post(self, path: str, **form: str) -> requests.Response:
        return self.ask("POST", path, data=form)

    def delete(self, path: str) -> requests.Response:
        return self.ask("DELETE", path)

    def photo(self, data: bytes | None = None, page: str = PAGE, **form: str) -> requests.Response:
        form = {"published": "false", "alt_text_custom": "Kuvassa lomake", **form}
        files = {"source": ("a.jpg", data or image(), "image/jpeg")}
        return self.ask("POST", f"{page}/photos", data=form, files=files)

    def photo_url(self, data: bytes | None = None) -> str:
        photo = self.photo(data, fields="id,images").json()
        return str(photo["images"][0]["source"])

    def post_text(self, message: str = "Hei", **form: str) -> str:
        return str(self.post(f"{PAGE}/feed", message=message, **form).json()["id"])

    def container(self, data: bytes | None = None, /, **form: str) -> requests.Response:
        return self.post(f"{GRAM}/media", image_url=self.photo_url(data), **form)

    def publish(self, container: str) -> requests.Response:
        return self.post(f"{GRAM}/media_publish", creation_id=container)

    def medium(self, caption: str = "Hei") -> str:
        return str(self.publish(self.container(caption=caption).json()["id"]).json()["id"])


@dataclass
class X:
    """X, signed with OAuth 1.0a."""

    url: str
    auth: Any = field(default_factory=lambda: OAuth1("app-key", "app-secret", "2000000101-t", "s"))

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, f"{self.url}/2/{path}", auth=self.auth, timeout=10, **more)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.ask("GET", path, params={name.replace("__", "."): value for name, value in params.items()})

    def post(self, path: str, body: Any) -> requests.Response:
        return self.ask("POST", path, json=body)

    def tweet(self, text: str = "Hei", **more: Any) -> requests.Response:
        return self.post("tweets", {"text": text, **more})

    def reply(self, text: str, to: str) -> requests.Response:
        return self.tweet(text, reply={"in_reply_to_tweet_id": to})

    def upload(self, data: bytes | None = None, **more: Any) -> requests.Response:
        encoded = base64.b64encode(data or image()).decode()
        return self.post("media/upload", {"media": encoded, "media_category": "tweet_image", **more})

    def alt(self, media_id: str, text: str) -> requests.Response:
        return self.post("media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": text}}})


class BearerAuth(requests.auth.AuthBase):
    """An OAuth 2.0 token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass
class LinkedIn:
    """LinkedIn; paths and queries go out as they are written here."""

    url: str
    token: str = LINKEDIN
    org: str = ORG
    headers: dict[str, str] = field(
        default_factory=lambda: {"LinkedIn-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}
    )

    @property
    def author(self) -> str:
        return f"urn:li:organization:{self.org}"

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        sent = {**self.headers, **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        return requests.request(method, f"{self.url}/rest/{path}", headers=sent, timeout=10, **more)

    def get(self, path: str) -> requests.Response:
        return self.ask("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, sent, json=body)

    def body(self, commentary: str = "Hei", **more: Any) -> dict[str, Any]:
        return {
            "author": self.author,
            "commentary": commentary,
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
            **more,
        }

    def create(self, commentary: str = "Hei", **more: Any) -> requests.Response:
        return self.post("posts", self.body(commentary, **more))

    def created(self, commentary: str = "Hei", **more: Any) -> str:
        return self.create(commentary, **more).headers["x-restli-id"]

    def initialize(self) -> Any:
        body = {"initializeUploadRequest": {"owner": self.author}}
        return self.post("images?action=initializeUpload", body).json()["value"]

    def put(self, address: str, data: bytes | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/octet-stream"}
        return requests.put(address, data=data or image(), headers=headers, timeout=10)

    def picture(self, data: bytes | None = None) -> str:
        value = self.initialize()
        self.put(value["uploadUrl"], data)
        return str(value["image"])

    def comment(self, urn: str, text: str = "Vastaus", **more: Any) -> requests.Response:
        body = {"actor": self.author, "object": urn, "message": {"text": text}, **more}
        return self.post(f"socialActions/{enc(urn)}/comments", body)


def enc(urn: str) -> str:
    """Encode a URN fully."""
    return quote(urn, safe="")


def media(*ids: str) -> str:
    """Write Facebook's attached_media."""
    return json.dumps([{"media_fbid": photo_id} for photo_id in ids])


def error(response: requests.Response) -> tuple[int, int | None]:
    """Read code and subcode of a Graph error."""
    body = response.json()["error"]
    return body["code"], body.get("error_subcode")
