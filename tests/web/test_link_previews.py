"""A program that previews a link gets the whole address of the picture; all others get the page as it was built."""

from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from netim_app.web.link_previews import LinkPreviews

URL = "https://account.example.com"
PAGE = '<meta content="/preview.png" property="og:image"/><p>/preview.png</p>'


async def get(folder: Path, path: str, agent: str, method: str = "GET") -> str:
    (folder / "login").mkdir(exist_ok=True)
    for page in (folder / "index.html", folder / "login" / "index.html"):
        page.write_text(PAGE)
    app = LinkPreviews(PlainTextResponse("as built"), folder, URL)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        return (await client.request(method, path, headers={"User-Agent": agent})).text


@pytest.mark.parametrize(
    "agent",
    [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Twitterbot/1.0",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "WhatsApp/2.23.20.0",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "http.rb/5.1.1 (Mastodon/4.2.0; +https://mastodon.example/)",
    ],
)
@pytest.mark.parametrize("path", ["/", "/login"])
async def test_a_previewer_gets_the_whole_address(tmp_path: Path, path: str, agent: str) -> None:
    assert await get(tmp_path, path, agent) == PAGE.replace('"/preview.png"', f'"{URL}/preview.png"')


@pytest.mark.parametrize(
    ("path", "agent", "method"),
    [
        ("/login", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "GET"),
        ("/login", "", "GET"),
        ("/login", "Twitterbot/1.0", "POST"),
        ("/login/index.html", "Twitterbot/1.0", "GET"),
        ("/nowhere", "Twitterbot/1.0", "GET"),
    ],
)
async def test_everybody_else_gets_the_page_as_it_was_built(tmp_path: Path, path: str, agent: str, method: str) -> None:
    assert await get(tmp_path, path, agent, method) == "as built"
