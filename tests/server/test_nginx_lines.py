"""The keys by which the nginx of docs/deployment.md counts open requests."""

import asyncio
import re
from pathlib import Path

import httpx

from tests.kit.fakes import until
from tests.kit.harness import free_port
from tests.kit.proxies import block
from tools.find_program import NGINX, find


async def test_slow_body_of_one_ipv6_line_is_counted_together(tmp_path: Path) -> None:
    site, port = block("/etc/nginx/conf.d/netim.conf"), free_port()
    maps = "\n".join(re.findall(r"^map .*?^}$", site, re.MULTILINE | re.DOTALL))
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ {temporary}"
        f"access_log off; {maps}\nserver {{ listen 127.0.0.1:{port}; set_real_ip_from 127.0.0.1;"
        " real_ip_header X-Test; location / { return 200 $sender; } } }\n"
    )
    command = [str(find(NGINX)), "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    running = await asyncio.create_subprocess_exec(*command)
    with httpx.Client() as client:
        try:
            await until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))

            def sender(address: str, method: str = "POST") -> bytes:
                return client.request(method, f"http://127.0.0.1:{port}/", headers={"X-Test": address}).content

            assert sender("2001:db8:1:2::1") == sender("2001:db8:1:2:ffff:a0a:d0a:1") != b""
            assert sender("2001:db8::1") == sender("2001:db8:0:0:5::") != sender("2001:db8:0:1::1")
            assert sender("192.0.2.1") != sender("192.0.2.2")
            assert sender("192.0.2.1", "GET") == sender("2001:db8::1", "GET") == b""
        finally:
            running.terminate()
            await running.wait()
