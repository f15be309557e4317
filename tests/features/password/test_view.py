from netim_app.features.password.view import card
from tests.kit.components import elements, handlers


def test_the_old_and_the_new_password_are_typed_and_never_filled_in_by_us() -> None:
    fields = {str(field.name).strip('"'): str(field) for field in elements(card(), "input") if field.name is not None}

    assert 'autoComplete:"one-time-code"' in fields.pop("code")
    assert set(fields) == {"current", "password"}
    assert 'autoComplete:"current-password"' in fields["current"]
    assert 'autoComplete:"new-password"' in fields["password"]
    for markup in fields.values():
        assert 'type:(isShown ? "text" : "password")' in markup
        assert "defaultValue" not in markup
        assert "value:" not in markup.replace("defaultValue", "")


def test_a_password_manager_sees_whose_password_it_is() -> None:
    [owner] = [field for field in elements(card(), "input") if field.name is None]

    assert 'autoComplete:"username"' in str(owner)
    assert "profile_state.email" in str(owner)


def test_the_card_does_not_guess_when_a_password_from_elsewhere_was_changed() -> None:
    markup = str(card())

    for words in ("from_elsewhere", "Not changed here yet", "Pas encore modifié ici", "Hier noch nicht geändert"):
        assert words in markup


def test_only_the_new_password_is_judged_while_it_is_typed() -> None:
    judged = [field.name for field in elements(card(), "input") if "PasswordState.rate" in handlers(field)]

    assert [str(name).strip('"') for name in judged] == ["password"]
