"""A customer with one passkey. A module that works on SQLite alone has a `caller` of its own."""

import pytest

from netim_app.core.actor import Actor
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import logged_in_actor
from tests.kit.fakes import FakeClock
from tests.kit.passkeys import add


@pytest.fixture
def caller(units: Units, clock: FakeClock) -> Actor:
    return logged_in_actor(units)


@pytest.fixture
def phone(units: Units, caller: Actor) -> Authenticator:
    authenticator = Authenticator()
    add(units, caller, authenticator)
    return authenticator
