"""Serves the built counter app just as `netim serve` serves the product: one worker, one port, production mode."""

import os
import sys

from granian.constants import Interfaces
from granian.server import Server
from reflex_base.environment import environment

if __name__ == "__main__":
    os.environ["REFLEX_ENV_MODE"] = "prod"
    environment.REFLEX_SKIP_COMPILE.set(True)
    environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.set(True)
    Server(
        target="counter.counter:app",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        workers=1,
    ).serve()
