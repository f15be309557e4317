"""infra.vault: what is sealed opens only with the right key and in the right place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netim_app.infra.vault import Vault, VaultError

NEW = "n" * 40
OLD = "o" * 40
ROW = "totp_device:12:secret"
FIRST_RELEASE = "01fee68367dc78b7cb9fb38335d1a608c5e697ed5b7a2f0910b9ac961f4f8a37e4466e4c0d"


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_again(plaintext: bytes, context: str) -> None:
    vault = Vault(NEW)
    assert vault.open(vault.seal(plaintext, context), context) == plaintext


def test_every_seal_differs_and_shows_nothing() -> None:
    vault = Vault(NEW)
    sealed = {vault.seal(b"seed-seed-seed", ROW) for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"seed" in value for value in sealed)


def test_a_value_moved_to_another_row_stays_shut() -> None:
    sealed = Vault(NEW).seal(b"seed", ROW)
    with pytest.raises(VaultError):
        Vault(NEW).open(sealed, "totp_device:13:secret")


@pytest.mark.parametrize("place", range(5 + 12 + 4 + 16))
def test_one_changed_byte_anywhere_is_noticed(place: int) -> None:
    sealed = bytearray(Vault(NEW).seal(b"seed", ROW))
    sealed[place] ^= 1
    with pytest.raises(VaultError):
        Vault(NEW).open(bytes(sealed), ROW)


@pytest.mark.parametrize("length", range(5 + 12 + 4 + 16))
def test_a_value_cut_short_is_refused(length: int) -> None:
    sealed = Vault(NEW).seal(b"seed", ROW)
    with pytest.raises(VaultError):
        Vault(NEW).open(sealed[:length], ROW)


def test_another_secret_does_not_open() -> None:
    with pytest.raises(VaultError):
        Vault(OLD).open(Vault(NEW).seal(b"seed", ROW), ROW)


def test_rotation_opens_the_old_and_seals_with_the_new() -> None:
    old = Vault(OLD).seal(b"seed", ROW)
    vault = Vault(NEW, OLD)
    assert vault.open(old, ROW) == b"seed"
    fresh = vault.rewrap(old, ROW)
    assert fresh is not None
    assert vault.rewrap(fresh, ROW) is None
    assert Vault(NEW).open(fresh, ROW) == b"seed"
    for unreadable in (b"", b"\x01" * 40):
        with pytest.raises(VaultError):
            vault.rewrap(unreadable, ROW)


def test_the_same_secret_twice_is_no_rotation() -> None:
    vault = Vault(NEW, NEW)
    assert vault.rewrap(vault.seal(b"seed", ROW), ROW) is None


def test_digests_depend_on_secret_purpose_and_value() -> None:
    vault = Vault(NEW)
    digests = {
        vault.mac("backup_code", b"123456"),
        vault.mac("backup_code", b"123457"),
        vault.mac("recovery", b"123456"),
        Vault(OLD).mac("backup_code", b"123456"),
    }
    assert len(digests) == 4
    assert all(len(digest) == 64 for digest in digests)
    assert vault.mac("backup_code", b"123456") == Vault(NEW).mac("backup_code", b"123456")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a secret"):
        Vault("")


def test_the_format_on_disk_stays_readable() -> None:
    """Sealed by the first release: a later one must still open it."""
    sealed = bytes.fromhex(FIRST_RELEASE)
    assert Vault(NEW).open(sealed, ROW) == b"seed"


def test_a_mac_is_of_one_value_one_purpose_and_one_secret() -> None:
    vault = Vault("the secret of this server")
    mac = vault.mac("a", b"value")

    assert vault.is_mac("a", b"value", mac)
    assert not vault.is_mac("a", b"other", mac)
    assert not vault.is_mac("b", b"value", mac)
    assert not vault.is_mac("a", b"value", "")
    assert not vault.is_mac("a", b"value", "\ud800")
    assert not Vault("another secret").is_mac("a", b"value", mac)
