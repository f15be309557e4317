from netim_app.features.backup_codes.state import NewCodesState
from netim_app.features.backup_codes.view import new_codes, part, wizard_is_open
from tests.kit.components import by_test_id, field_names, handlers


def test_the_part_asks_before_it_replaces_the_codes() -> None:
    assert handlers(by_test_id(part(), "backup-codes-make")) == ["NewCodesState.begin"]
    asking = by_test_id(part(), "backup-codes-ask")
    assert handlers(part()).count("NewCodesState.make") == handlers(asking).count("NewCodesState.make") == 1


def test_the_codes_go_only_when_the_customer_says_that_they_are_saved() -> None:
    """They are shown once: neither Esc nor a button closes them."""
    dialog = by_test_id(part(), "backup-codes-new")

    assert handlers(dialog) == handlers(new_codes()) == ["NewCodesState.note_shown", "NewCodesState.finish"]
    assert field_names(dialog) == ["saved", "handle"]


def test_the_codes_are_in_the_dialogs_alone() -> None:
    """Codes that the state has forgotten must not be asked for elsewhere on the page."""
    assert str(part()).count(str(NewCodesState.codes)) == str(new_codes()).count(str(NewCodesState.codes)) == 1
    assert str(NewCodesState.sheet) in str(new_codes())


def test_one_set_is_in_one_dialog() -> None:
    """The part and the wizard show the same codes, never at once."""
    assert '"wizard"' in str(wizard_is_open())
    assert '=== "codes"' in str(part())
    assert '"wizard"' not in str(part())
