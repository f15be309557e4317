"""Lines of the server's log."""

import re

from tests.kit.harness import Client, Server

_FIELD = re.compile(r"(\w+)=(?:\"([^\"]*)\"|(\S*))")


def lines_about(client: Client, *names: str) -> list[dict[str, str]]:
    """The events that the server has logged about this client's address, oldest first."""
    found = []
    for line in client.server.log.splitlines():
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(line)}
        if fields.get("event") in names and fields.get("ip") == client.local_address:
            assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line), "each line says when, in UTC"
            assert fields["client"] == "Firefox 140"
            found.append(fields)
    return found


def id_of(server: Server, email: str) -> str:
    return str(server.query("SELECT id FROM account WHERE email = :e", e=email)[0])
