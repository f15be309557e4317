import re

import pytest
import reflex as rx

from netim_app.feature import Feature, WizardStep
from netim_app.features.totp.state.wizard import TotpWizardState
from netim_app.features.totp.view.card import card
from netim_app.offers import install
from tests.kit.components import arguments, by_test_id, elements, field_names, handlers, part, sent


async def never(_state: rx.State) -> bool:
    return False


def further_step(number: int) -> WizardStep:
    return WizardStep(
        title="totp.device.never",
        content=lambda: rx.el.p(f"further step {number}"),
        is_open=lambda: rx.Var.create(True),
        is_due=never,
        begin=TotpWizardState.begin,
        test_id=f"more-{number}",
    )


def numbers(markup: str) -> list[tuple[int, int]]:
    """Each "Step 1 of 3" of the markup, as a pair."""
    return [(int(n), int(of)) for n, of in re.findall(r'"Step " \+ \((\d+)\) \+ " of " \+ \((\d+)\)', markup)]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_wizard_counts_and_shows_the_steps_that_features_offer(count: int) -> None:
    install([Feature(name="more", wizard_steps=[further_step(n) for n in range(count)])])

    markup = str(card())

    first_device, further_device = 2 + count, 2
    assert sorted(numbers(markup)) == sorted(
        [(1, further_device), (2, further_device), *((n, first_device) for n in range(1, first_device + 1))]
    )
    assert re.findall(r"further step \d", markup) == [f"further step {n}" for n in range(count)]
    assert re.findall(r'"data-testid":"(more-\d)"', markup) == [f"more-{n}" for n in range(count)]


def test_the_products_wizard_has_three_steps_and_ends_with_the_backup_codes() -> None:
    markup = str(card())

    assert max(numbers(markup)) == (3, 3)
    assert markup.rindex("backup-codes-list") > markup.index('"Step " + (3) + " of " + (3)')


def test_the_secret_is_in_the_wizard_alone() -> None:
    """It is shown once: no other part of the page may keep it."""
    wizard = by_test_id(card(), "totp-wizard")

    for secret in (TotpWizardState.picture, TotpWizardState.key_text, TotpWizardState.uri):
        assert str(secret) in str(wizard)
        assert str(card()).count(str(secret)) == str(wizard).count(str(secret))


def test_the_buttons_of_a_device_name_it_and_send_its_id() -> None:
    [device] = elements(by_test_id(card(), "totp-devices"), "li")
    buttons = elements(device, "button")

    assert handlers(device) == ["TotpDialogState.begin_rename", "TotpDialogState.begin_remove"]
    for button in buttons:
        assert [each.endswith(part("id")) for event in sent(button) for each in arguments(event)] == [True]
        assert part("name") in str(button).partition("onClick")[0]


def test_disabling_asks_for_a_code_and_removing_a_device_does_not() -> None:
    assert handlers(by_test_id(card(), "totp-disable")) == ["TotpDialogState.begin_disable"]
    fields = {
        test_id: field_names(by_test_id(card(), test_id)) for test_id in ("totp-disable-dialog", "totp-remove-dialog")
    }
    assert fields == {"totp-disable-dialog": ["code"], "totp-remove-dialog": []}


def test_to_disable_is_quieter_than_to_add_a_device_which_has_words() -> None:
    disable, add = (by_test_id(card(), test_id) for test_id in ("totp-disable", "totp-add"))

    assert "border-edge" in str(add)
    assert '"Add a device"' in str(add)
    assert "border-edge" not in str(disable)
