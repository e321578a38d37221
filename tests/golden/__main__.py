"""`make goldens`: writes the golden mails anew, texts and outlines beside this file, pictures of them into `var/goldens`."""

from __future__ import annotations

from pathlib import Path

from tests.golden.cases import GOLDENS
from tests.golden.looking import CHROMIUM, SCHEMES, Outline, browser, html_of, opened, text_of

HERE = Path(__file__).parent
PICTURES = Path("var/goldens")


def main() -> None:
    """Write everything; what changed shows in `git diff`, how it looks in the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    mails = {golden.name: golden.mail() for golden in GOLDENS}
    for name, mail in mails.items():
        (HERE / f"{name}.txt").write_text(f"{mail['Subject']}\n\n{text_of(mail)}", encoding="utf-8")
        (HERE / f"{name}.outline").write_text(str(Outline(html_of(mail))), encoding="utf-8")
        (PICTURES / f"{name}.html").write_text(html_of(mail), encoding="utf-8")
    if CHROMIUM is None:
        print("No Chromium: the mails are written, their pictures are not.")
        return
    with browser() as here:
        for name, mail in mails.items():
            for width in (360, 700):
                for scheme in SCHEMES:
                    with opened(here, html_of(mail), width, scheme) as page:
                        page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
    print(f"{len(mails)} mails; their pictures lie in {PICTURES}.")


if __name__ == "__main__":
    main()
