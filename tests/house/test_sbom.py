"""The bill of materials: every package of the locks, and its hashes as they are there."""

import base64
import json
import re
from pathlib import Path

from tools import sbom
from tools.check_locks import NPM, ROOT, RUNTIME, read_lock


def test_every_locked_package_is_in_the_bill(tmp_path: Path) -> None:
    target = tmp_path / "made" / "bill.json"
    sbom.main(str(target))
    bill = json.loads(target.read_text("utf-8"))
    listed = {component["purl"] for component in bill["components"]}

    lock = read_lock(RUNTIME, (ROOT / RUNTIME).read_text("utf-8"))
    python = {f"pkg:pypi/{name}@{version}" for name, versions in lock.versions.items() for version in versions}
    assert {re.sub("[._-]+", "-", purl) for purl in python} == {
        re.sub("[._-]+", "-", purl) for purl in listed if purl.startswith("pkg:pypi/")
    }
    npm = [place for place in json.loads((ROOT / NPM).read_text("utf-8"))["packages"] if place]
    assert len([c for c in bill["components"] if c["purl"].startswith("pkg:npm/")]) == len(npm)
    assert bill["metadata"]["component"]["name"] == "netim-app"
    (root,) = (each for each in bill["dependencies"] if each["ref"] == "netim-app")
    assert len(root["dependsOn"]) == len(bill["components"])


def test_a_package_of_python_has_all_its_hashes() -> None:
    text = (
        f"a-b[c,d]==1.0 ; sys_platform == 'x' \\\n    --hash=sha256:{'0' * 64} \\\n"
        f"    --hash=sha256:{'1' * 64}\n    # via\ne==2 --hash=sha256:{'2' * 64}\n"
    )
    found = list(sbom.python_packages(text))
    assert [(each.name, each.version) for each in found] == [("a-b", "1.0"), ("e", "2")]
    assert sorted(made.content for made in found[0].hashes) == ["0" * 64, "1" * 64]
    assert str(found[0].purl) == "pkg:pypi/a-b@1.0"


def test_a_package_of_npm_has_its_hash() -> None:
    digest = base64.b64encode(b"x" * 64).decode()
    packages = {
        "": {},
        "node_modules/a/node_modules/@b/c": {"version": "1.0.0", "integrity": f"sha512-{digest}", "optional": True},
        "node_modules/d": {"version": "2.0.0"},
    }
    scoped, plain = sbom.npm_packages(json.dumps({"packages": packages}))
    assert str(scoped.purl) == "pkg:npm/%40b/c@1.0.0"
    assert [made.content for made in scoped.hashes] == [(b"x" * 64).hex()]
    assert scoped.scope is sbom.ComponentScope.OPTIONAL
    assert (str(plain.purl), list(plain.hashes)) == ("pkg:npm/d@2.0.0", [])
