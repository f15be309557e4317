"""Make the secrets of compose.yaml, unless they are there: `make_secrets.py FOLDER`. Each belongs to who reads it."""

import os
import secrets
import sys
from pathlib import Path

NETIM = 10001
DATABASE = REDIS = 999


def make(folder: Path) -> None:
    """Writes all of them, or none: the addresses hold the passwords."""
    if (folder / "netim_secret_key").exists():
        return
    database, redis = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    owned = {
        "database_password": (database, DATABASE),
        "redis_password": (redis, REDIS),
        "netim_database_url": (f"postgresql://netim:{database}@database/netim", NETIM),
        "netim_redis_url": (f"redis://:{redis}@redis:6379/0", NETIM),
        "netim_secret_key": (secrets.token_urlsafe(48), NETIM),
    }
    for name, (text, owner) in owned.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o400)
        os.chown(path, owner, owner)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
