"""Write what the product is made of, as CycloneDX 1.6 in JSON: the packages of `requirements.lock` and of npm's lock.

Needs no network: the lock files have names, versions and hashes. The pages contain some of npm's packages, the
server contains none: they only build the pages.
"""

import base64
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools.check_locks import NPM, ROOT, RUNTIME

_PINNED = re.compile(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([\w.+!-]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_packages(lock: str) -> Iterator[Component]:
    """Those of a lock as `uv pip compile --generate-hashes` writes it; each with the hashes of all its files."""
    for name, version, rest in _PINNED.findall(lock):
        yield Component(
            name=name,
            version=version,
            purl=PackageURL("pypi", None, name, version),
            bom_ref=f"pypi:{name}@{version}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in _SHA256.findall(rest)],
        )


def npm_packages(lock: str) -> Iterator[Component]:
    """Those of npm's lock, by the place where they are installed."""
    for place, entry in json.loads(lock)["packages"].items():
        if not place:
            continue
        group, _, name = place.rpartition("node_modules/")[2].rpartition("/")
        digest = base64.b64decode(entry.get("integrity", "").partition("-")[2]).hex()
        yield Component(
            group=group or None,
            name=name,
            version=entry["version"],
            purl=PackageURL("npm", group or None, name, entry["version"]),
            bom_ref=f"npm:{place}",
            scope=ComponentScope.OPTIONAL if entry.get("optional") else ComponentScope.REQUIRED,
            hashes=[HashType(alg=HashAlgorithm.SHA_512, content=digest)] if digest else [],
        )


def bill(root: Path = ROOT) -> Bom:
    """The whole bill of materials of this version."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    product = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref=project["name"]
    )
    made = Bom(
        components=[
            *python_packages((root / RUNTIME).read_text("utf-8")),
            *npm_packages((root / NPM).read_text("utf-8")),
        ]
    )
    made.metadata.component = product
    made.register_dependency(product, made.components)
    return made


def main(target: str) -> None:
    """Writes it to a file."""
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = bill()
    path.write_text(JsonV1Dot6(made).output_as_string(indent=1), encoding="utf-8")
    print(f"{len(made.components)} packages in {path}")


if __name__ == "__main__":
    main(sys.argv[1])
