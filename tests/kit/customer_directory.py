"""A directory of customers outside, as an operator would write one."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from netim_app.identity import customer_directory
from netim_app.identity.customer_directory import DirectoryCustomer
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL

PATH = "tests.kit.customer_directory:DIRECTORY"
OLD = "a password of the old days"


@dataclass
class Directory:
    """One that keeps its customers in memory, and what it was asked."""

    customers: dict[str, DirectoryCustomer] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    fault: Exception | None = None
    hangs: threading.Event | None = None

    def add(self, email: str = EMAIL, key: str = "C-1", **details: str) -> None:
        self.customers[email.lower()] = DirectoryCustomer(key, email, details)
        self.passwords[email.lower()] = OLD

    def _ask(self, *question: str) -> None:
        self.asked.append(question)
        if self.hangs:
            self.hangs.wait(30)
        if self.fault:
            raise self.fault

    def verify(self, email: str, password: str) -> bool:
        self._ask("verify", email, password)
        return self.passwords.get(email) == password

    def read(self, email: str) -> DirectoryCustomer | None:
        self._ask("read", email)
        return self.customers.get(email)

    def change_email(self, key: str, new_email: str) -> None:
        self._ask("change_email", key, new_email)


DIRECTORY = Directory()


@pytest.fixture
def directory(units: Units, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    """The one that the product asks during a test."""
    units.settings = units.settings.model_copy(update={"customer_directory": PATH})
    made = Directory()
    customer_directory.loaded.cache_clear()
    monkeypatch.setattr("tests.kit.customer_directory.DIRECTORY", made)
    yield made
    customer_directory.loaded.cache_clear()
