from netim_app.features.not_me.state import NotMeState
from netim_app.features.not_me.view.page import page
from netim_app.features.not_me.view.panel import panel
from tests.kit.components import by_test_id, sent


def test_the_page_sends_its_form_and_nothing_by_itself() -> None:
    [event] = sent(by_test_id(page(), "not-me"), "on_submit")
    assert event.handler.fn is NotMeState.event_handlers["submit"].fn
    assert "NotMeState.submit" not in str(panel())


def test_the_panel_leads_to_all_that_a_thief_may_have_changed() -> None:
    markup = str(panel())
    for anchor in ("sessions", "two-factor", "passkeys", "ip-restriction", "recent-activity"):
        assert f"connection-and-security#{anchor}" in markup
