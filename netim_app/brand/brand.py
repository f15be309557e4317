"""The brand: what a customer sees of the company that runs the product. It is one folder, `NETIM_BRAND_DIR`."""

import re
import struct
import sys
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from netim_app.brand import colours
from netim_app.brand.mark import Mark, read_mark
from netim_app.setting_values import read_support_contact
from netim_app.settings import get_settings

FILE, MARK, ICON, PREVIEW = "brand.toml", "mark.svg", "icon.png", "preview.png"
SIZES = {ICON: (512, 512), PREVIEW: (1200, 630)}
"""Of the pictures, in pixels: the home screen icon, and the preview that other sites show with a link to us."""
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_SIGNS = re.compile(r"[{}<>\"\\]")
_WORD = 3
"""The shortest word that is forbidden in passwords, in letters."""


def _name(value: str) -> str:
    if not value.isprintable() or _SIGNS.search(value):
        raise ValueError('must be one line without { } < > " and \\')
    return value


def _matching(pattern: str, problem: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(problem)
        return value

    return AfterValidator(check)


def _issuer(value: str) -> str:
    if ":" in value:
        raise ValueError("must not contain a colon: it ends the issuer in an authenticator")
    return value


def _contact(value: str) -> str:
    return value and read_support_contact(value)


def _page(value: str) -> str:
    if value and "://" not in value:
        raise ValueError("must be an address such as https://example.com/terms")
    return _contact(value)


Name = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(_name)]
Contact = Annotated[str, AfterValidator(_contact)]
Page = Annotated[str, AfterValidator(_page)]
Prefix = Annotated[str, _matching(r"[a-z0-9][a-z0-9-]{0,29}", "must be like acme-accounts, in a-z, 0-9 and -")]
Colours = dict[str, Annotated[str, _matching(r"#[0-9a-f]{6}", "must be a colour such as #2350c4, in lower case")]]


class Brand(BaseModel):
    """A brand without its pictures. Empty values are not shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=True)

    folder: Path
    mark: Mark
    name: Name
    """The company's name."""
    product: Name
    """The product's name, `{product}` in texts."""
    issuer: Annotated[Name, AfterValidator(_issuer)] = ""
    """The issuer that an authenticator shows; the product's name by default."""
    sender_name: Name = ""
    """The sender of mails; the product's name by default."""
    file_prefix: Prefix
    """The prefix of downloaded files' names."""
    password_words: tuple[Annotated[str, Field(min_length=_WORD)], ...] = ()
    """Words that are forbidden in passwords, besides name and product."""
    support: Contact = ""
    security_contact: Contact = ""
    """The contact for vulnerability reports (RFC 9116)."""
    security_policy: Page = ""
    terms: Page = ""
    privacy: Page = ""
    light: Colours
    dark: Colours

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Fills missing names from the product, and missing colours, except the accent, from ours."""
        defaults = dict.fromkeys(("issuer", "sender_name"), values["product"]) if "product" in values else {}
        themes = {
            theme: own | values[theme]
            for theme, own in (("light", colours.LIGHT), ("dark", colours.DARK))
            if isinstance(values.get(theme), dict)
        }
        return {**defaults, **values, **themes}

    @property
    def forbidden_words(self) -> tuple[str, ...]:
        """The words that are forbidden in passwords, in lower case."""
        own = (self.name, self.product, self.product.replace(" ", ""), *self.password_words)
        return tuple(dict.fromkeys(word.casefold() for word in own if len(word) >= _WORD))

    @property
    def words(self) -> dict[str, str]:
        """The placeholders in texts that the brand fills."""
        return {"product": self.product}

    def picture(self, name: str) -> bytes:
        """The content of `ICON` or `PREVIEW`."""
        return (self.folder / name).read_bytes()

    def faults(self) -> list[str]:
        """One line for each fault that makes the brand unusable."""
        return [*self._colour_faults(), *(fault for name in SIZES if (fault := self._picture_fault(name)))]

    def _colour_faults(self) -> list[str]:
        found = []
        for theme, palette in (("light", self.light), ("dark", self.dark)):
            missing = sorted(colours.NAMES - palette.keys())
            unknown = sorted(palette.keys() - colours.NAMES)
            found += [f"{FILE}: {theme}: {name} is missing" for name in missing]
            found += [f"{FILE}: {theme}: there is no colour {name}" for name in unknown]
            if not missing:
                found += [f"{FILE}: {theme}: {fault}" for fault in colours.unreadable(palette)]
        return found

    def _picture_fault(self, name: str) -> str:
        width, height = SIZES[name]
        try:
            head = self.picture(name)[: len(_PNG) + 8]
        except OSError as error:
            return f"{name}: {error.strerror}; `python -m tools.brand_pictures` draws it"
        if head[: len(_PNG)] != _PNG or struct.unpack(">II", head[len(_PNG) :]) != (width, height):
            return f"{name}: must be a PNG file of {width} x {height} pixels"
        return ""


def read_brand(folder: Path) -> tuple[Brand | None, list[str]]:
    """The brand of a folder, and one line for each of its faults; None when it cannot be read."""
    try:
        values = tomllib.loads((folder / FILE).read_text("utf-8"))
        brand = Brand(**{**values, "folder": folder, "mark": _mark(folder)})
    except OSError as error:
        faults = [f"{error.filename}: {error.strerror}"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults = [f"{FILE}: {error}"]
    except ValidationError as error:
        faults = [f"{FILE}: {_place(each)}: {_reason(each)}" for each in error.errors(include_url=False)]
    except ValueError as error:
        faults = [f"{MARK}: {error}"]
    else:
        return brand, [f"NETIM_BRAND_DIR: {fault}" for fault in brand.faults()]
    return None, [f"NETIM_BRAND_DIR: {fault}" for fault in faults]


def _mark(folder: Path) -> Mark:
    return read_mark((folder / MARK).read_bytes())


def _place(error: Any) -> str:
    return ".".join(str(part) for part in error["loc"])


def _reason(error: Any) -> str:
    return str(error.get("ctx", {}).get("error") or error["msg"])


@lru_cache
def get_brand() -> Brand:
    """The brand of this process. With a faulty brand the process reports the faults and exits: no page works."""
    brand, faults = read_brand(get_settings().brand_dir)
    if brand is None or faults:
        sys.stderr.writelines(f"refused to start: {fault}\n" for fault in faults)
        raise SystemExit(1)
    return brand
