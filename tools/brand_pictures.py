"""Draws the pictures of a brand from its mark: `python -m tools.brand_pictures [folder]`, from the root.

They are `icon.png`, the icon of a home screen, and `preview.png`, with which other sites show a link. A designer may
put better ones in their place.
"""

import base64
import sys
import tomllib
from html import escape
from pathlib import Path

from playwright.sync_api import sync_playwright

from netim_app.brand import colours
from netim_app.brand.brand import FILE, ICON, MARK, PREVIEW, SIZES
from netim_app.brand.mark import read_mark
from netim_app.settings import OWN_BRAND
from tools.find_program import BROWSER, find

PAGE = """<body style="margin:0;height:100vh;display:flex;flex-direction:column;align-items:center;
justify-content:center;gap:40px;background:{ground};color:{ink};font:600 72px system-ui,sans-serif">
<img src="{mark}" width="{side}" height="{side}" alt="">{words}</body>"""


def main(folder: Path = OWN_BRAND) -> None:
    """Draws both. The brand itself cannot be read before they are there."""
    values = tomllib.loads((folder / FILE).read_text("utf-8"))
    light = colours.LIGHT | values["light"]
    svg = read_mark((folder / MARK).read_bytes()).as_svg(light)
    mark = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    drawn = {ICON: (light["surface"], 352, ""), PREVIEW: (light["canvas"], 220, escape(values["product"]))}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(BROWSER), args=["--headless=new", "--no-sandbox"])
        for name, (ground, side, words) in drawn.items():
            width, height = SIZES[name]
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_content(PAGE.format(ground=ground, ink=light["ink"], mark=mark, side=side, words=words))
            page.screenshot(path=folder / name)
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
