from netim_app.features.lost_device.view import panel
from netim_app.pages import connection_and_security, personal_information
from tests.kit.components import by_test_id, handlers


def test_each_step_has_the_button_of_its_feature() -> None:
    shown = panel()

    for key, handler in (
        ("totp.lost.add", "TotpWizardState.begin"),
        ("totp.lost.remove", "TotpDialogState.begin_remove_lost"),
        ("backup_codes.lost", "NewCodesState.begin"),
    ):
        assert handlers(by_test_id(shown, f"lost-device-{key}")) == [handler]


def test_it_stands_first_on_both_pages() -> None:
    for page in (connection_and_security, personal_information):
        markup = str(page.page())
        assert -1 < markup.find('id:"lost-device"') < markup.find('id:"security-level"')
