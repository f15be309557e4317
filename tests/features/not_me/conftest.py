"""A customer who is logged in in two browsers, the second of which is somebody else's."""

import pytest

from netim_app.core.actor import Actor
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import logged_in_actor
from tests.kit.fakes import FakeClock


@pytest.fixture
def caller(units: Units, clock: FakeClock) -> Actor:
    return logged_in_actor(units)
