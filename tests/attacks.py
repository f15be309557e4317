"""The attack list, and its scorecard: `make attack`.

A pytest plugin. A test belongs to an attack when its name is `test_<key>` or begins with `test_<key>_`, wherever it
stands. `--attacks` runs these tests alone and prints the card; an attack of priority 0 or 1 that is not held, or that
no test has tried, fails the run. Skipped is not held.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest


@dataclass(frozen=True)
class Attack:
    """A line of the list. `refs` are requirements of OWASP ASVS 5.0 unless another document is named."""

    id: str
    priority: str
    key: str
    refs: str


AREAS = {
    "Sockets and page states": (
        Attack("A1", "P0", "ws_origin", "4.4.2"),
        Attack("A2", "P0", "token_resume", "4.4.3, 14.2.1"),
        Attack("A3", "P0", "handlers_anon", "8.2.1, 8.3.1"),
        Attack("A4", "P0", "handlers_pending", "6.3.4, 2.3.1"),
        Attack("A5", "P0", "framework_events", "8.2.3"),
        Attack("A6", "P0", "extra_kwargs", "15.3.3"),
        Attack("A7", "P1", "type_conf", "15.3.5, 2.2.2"),
        Attack("A8", "P0", "router_forge", "8.3.1"),
        Attack("A10", "P0", "live_revoke", "7.4.1"),
        Attack("A11", "P0", "tab_switch_user", "14.3.1"),
        Attack("A12", "P0", "hydrate_dump", "15.3.1, 3.3.4"),
        Attack("A13", "P1", "ws_flood", "2.4.1, 15.2.2"),
        Attack("A15", "P1", "state_store", "14.2.2, 1.5.2"),
        Attack("A105", "P0", "poison_path", "16.5.2"),
        Attack("A110", "P1", "unknown_names", "16.2.1"),
        Attack("A112", "P1", "tabs_of_one", "15.2.2"),
        Attack("A113", "P1", "v6_blocks", "2.4.1"),
        Attack("A115", "P1", "costly_events", "15.2.2"),
    ),
    "Session cookie": (
        Attack("A16", "P0", "cookie_attrs", "3.3.1-3.3.5"),
        Attack("A17", "P0", "fixation", "7.2.4"),
        Attack("A18", "P1", "token_random", "7.2.3, 11.5.1"),
        Attack("A19", "P0", "replay_cookie", "7.4.1"),
        Attack("A20", "P0", "pending_mix", "2.3.1, 8.2.2"),
        Attack("A21", "P0", "pending_cookie", "2.3.1"),
        Attack("A22", "P1", "timeouts", "7.3.1, 7.3.2"),
        Attack("A23", "P0", "others_die", "7.4.3"),
        Attack("A24", "P2", "session_cap", "7.1.2"),
        Attack("A25", "P1", "acct_disabled", "7.4.2, 8.3.2"),
        Attack("A26", "P1", "remember_2fa", "6.3.4"),
        Attack("A27", "P1", "client_remnants", "14.3.1-14.3.3"),
        Attack("A106", "P0", "cookie_toss", "3.3.1, 3.3.3"),
        Attack("A107", "P0", "pending_bound", "7.2.4, 6.6.2"),
    ),
    "Login, guessing, enumeration": (
        Attack("A28", "P0", "bf_single", "6.3.1, 6.1.1"),
        Attack("A29", "P0", "bf_xff", "4.1.3, 15.3.4"),
        Attack("A30", "P0", "bf_parallel", "15.4.1"),
        Attack("A33", "P1", "spray", "6.3.1"),
        Attack("A34", "P1", "victim_lockout", "6.1.1"),
        Attack("A35", "P0", "enum_login", "6.3.8"),
        Attack("A36", "P0", "enum_timing", "6.3.8"),
        Attack("A37", "P1", "enum_signup_reset", "6.3.8"),
        Attack("A38", "P1", "flood_mail", "2.4.1"),
        Attack("A39", "P1", "half_login_alert", "6.3.5"),
        Attack("A40", "P2", "default_acct", "6.3.2, 13.2.3"),
        Attack("A109", "P1", "reset_time", "6.3.8"),
        Attack("A114", "P1", "hash_queue", "15.2.2"),
        Attack("A117", "P1", "budget_theft", "6.3.1"),
        Attack("A119", "P1", "takeover", "6.3.5, 6.3.7"),
    ),
    "Passwords": (
        Attack("A41", "P0", "pw_policy", "6.2.1, 6.2.4, 6.2.11, 6.2.12"),
        Attack("A42", "P1", "pw_fidelity", "6.2.5-6.2.9"),
        Attack("A43", "P0", "pw_change", "6.2.3"),
        Attack("A44", "P1", "pw_dos", "15.2.2"),
        Attack("A45", "P0", "pw_hash", "11.4.2"),
        Attack("A46", "P1", "pw_fields", "6.2.6, 6.2.7"),
        Attack("A111", "P1", "judge_queue", "15.2.2"),
    ),
    "Mailed links": (
        Attack("A47", "P0", "reset_host", "4.1.3"),
        Attack("A48", "P0", "reset_2fa", "6.4.3, 7.6.2"),
        Attack("A49", "P0", "reset_token", "6.6.3, 6.5.5"),
        Attack("A51", "P1", "token_swap", "6.6.2"),
        Attack("A53", "P1", "reset_leak", "14.2.1, 3.4.5"),
        Attack("A127", "P0", "not_me", "6.3.5, 6.6.2"),
        Attack("A128", "P1", "link_scanner", "3.5.3"),
        Attack("A131", "P1", "copy_address", "8.2.2, 6.6.2"),
    ),
    "Use once, also at the same time": (Attack("A54", "P0", "race_once", "6.5.1, 15.4.2"),),
    "Codes of an application": (
        Attack("A56", "P0", "totp_replay", "6.5.1"),
        Attack("A57", "P0", "totp_window", "6.5.5, 6.5.8"),
        Attack("A58", "P0", "totp_limit", "6.3.1"),
        Attack("A59", "P0", "totp_cross", "8.2.2"),
        Attack("A60", "P0", "pending_enrol", "-"),
        Attack("A61", "P0", "enrol", "6.5.3"),
        Attack("A62", "P0", "disable_2fa", "6.4.4, 7.5.3"),
        Attack("A63", "P1", "qr_local", "14.2.1, 14.3.2"),
        Attack("A65", "P1", "devices", "6.5.6"),
        Attack("A67", "P1", "totp_at_rest", "11.3.3, 13.3.4"),
        Attack("A68", "P2", "rfc_vectors", "RFC 4226 and 6238"),
    ),
    "Backup codes": (
        Attack("A69", "P0", "bc_once", "6.5.1"),
        Attack("A70", "P0", "bc_guess", "6.6.3"),
        Attack("A71", "P1", "bc_store", "6.5.2"),
        Attack("A72", "P1", "bc_regen", "6.5.3, 6.5.4"),
    ),
    "IP restriction": (
        Attack("A73", "P0", "ip_spoof", "15.3.4, 8.2.4"),
        Attack("A74", "P0", "ip_live", "8.2.4"),
        Attack("A75", "P0", "ip_paths", "6.3.4"),
        Attack("A77", "P1", "ip_edges", "2.2.3"),
        Attack("A78", "P1", "ip_failclosed", "16.5.3"),
        Attack("A79", "P1", "ip_lockout", "7.5.1"),
    ),
    "Fresh proof and authorisation": (
        Attack("A80", "P0", "reauth", "7.5.1-7.5.3"),
        Attack("A82", "P0", "idor", "8.2.2"),
        Attack("A83", "P1", "email_change", "7.5.1"),
        Attack("A84", "P1", "history", "16.3.1, 14.2.7"),
        Attack("A85", "P2", "gauge", "8.3.1"),
        Attack("A129", "P0", "freeze", "7.5.1"),
    ),
    "Mails and logs": (
        Attack("A87", "P1", "mail_alerts", "6.3.5, 6.3.7"),
        Attack("A88", "P0", "log_secrets", "16.2.5"),
        Attack("A90", "P1", "log_events", "16.2.1, 16.3.1-16.3.3"),
        Attack("A116", "P1", "alert_flood", "2.4.1"),
        Attack("A120", "P1", "forged_reference", "2.4.1, 15.3.1"),
        Attack("A121", "P1", "phrase_leak", "14.2.6, 7.5.1"),
        Attack("A122", "P1", "phrase_injection", "1.3.11, 2.2.1"),
    ),
    "HTTP and browser": (
        Attack("A91", "P0", "cors", "3.4.2"),
        Attack("A92", "P0", "csrf", "3.5.1-3.5.3"),
        Attack("A93", "P1", "csp", "3.4.3, 3.4.6"),
        Attack("A94", "P1", "headers", "3.4.1-3.4.8"),
        Attack("A95", "P1", "xss", "1.2.1, 3.2.2"),
        Attack("A97", "P1", "exposed", "13.4.1-13.4.7"),
        Attack("A98", "P1", "tls_only", "4.4.1, 12.2.1"),
        Attack("A99", "P1", "third_party", "14.2.3, 3.6.1"),
        Attack("A101", "P1", "deps_down", "16.5.2, 16.5.3"),
        Attack("A108", "P0", "slow_body", "15.2.2"),
    ),
    "Journal": (
        Attack("A123", "P1", "journal_forged", "-"),
        Attack("A124", "P1", "journal_of_another_account", "8.2.2"),
        Attack("A125", "P1", "csv_injection", "1.2.10"),
        Attack("A126", "P1", "journal_flood", "2.4.1"),
    ),
    "Build": (Attack("A118", "P1", "build_supply", "15.1.4, 13.3.1"),),
    "Passkeys": (
        Attack("A102", "P2", "webauthn_chal", "6.7.2"),
        Attack("A103", "P2", "webauthn_sig", "WebAuthn Level 3"),
        Attack("A104", "P2", "webauthn_reg", "WebAuthn Level 3"),
        Attack("A130", "P0", "sole_way", "6.3.4, 6.4.3"),
    ),
}
"""The attacks on each part of the product. docs/security.md shows how many attacks each area has."""

ATTACKS = tuple(attack for attacks in AREAS.values() for attack in attacks)


def attack_of(test: str) -> Attack | None:
    """Which attack a test tries, by its name: that with the longest key that fits."""
    fitting = [a for a in ATTACKS if test == f"test_{a.key}" or test.startswith(f"test_{a.key}_")]
    return max(fitting, key=lambda attack: len(attack.key), default=None)


@dataclass
class Verdicts:
    """The results of the tests, by the keys of their attacks."""

    passed: dict[str, int] = field(default_factory=dict)
    failed: dict[str, list[str]] = field(default_factory=dict)

    def of(self, attack: Attack) -> str:
        """`held (tests)`, `BROKEN` or `NOT TRIED`."""
        if attack.key in self.failed:
            return "BROKEN"
        if attack.key in self.passed:
            return f"held ({self.passed[attack.key]})"
        return "NOT TRIED"

    def releasable(self) -> bool:
        """Whether everything of priority 0 and 1 is held."""
        return all(self.of(a).startswith("held") for a in ATTACKS if a.priority in ("P0", "P1"))


class Scorecard:
    """Chooses the tests of attacks, listens to their outcomes, and prints the card."""

    def __init__(self) -> None:
        self.verdicts = Verdicts()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if attack_of(_name(item.nodeid)) is None]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if attack_of(_name(item.nodeid))]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        attack = attack_of(_name(report.nodeid))
        assert attack, "only tests of attacks are run"
        if not report.passed:
            self.verdicts.failed.setdefault(attack.key, []).append(report.nodeid)
        elif report.when == "call":
            self.verdicts.passed[attack.key] = self.verdicts.passed.get(attack.key, 0) + 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not session.config.option.collectonly and not self.verdicts.releasable():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("attacks")
        for row in table((a.id, a.priority, a.key, a.refs, self.verdicts.of(a)) for a in ATTACKS):
            terminalreporter.write_line(row)
        for priority in ("P0", "P1", "P2"):
            verdicts = [self.verdicts.of(a) for a in ATTACKS if a.priority == priority]
            held = sum(verdict.startswith("held") for verdict in verdicts)
            terminalreporter.write_line(f"{priority}: {held} of {len(verdicts)} held")


def table(rows: Iterable[tuple[str, str, str, str, str]]) -> Iterable[str]:
    """Rows in columns, under their titles."""
    for row in (("id", "P", "attack", "ASVS 5.0", "verdict"), *rows):
        yield "{:<5} {:<3} {:<18} {:<26} {}".format(*row)


def _name(nodeid: str) -> str:
    """The function's name in `file::test_name[case]`."""
    return nodeid.partition("[")[0].rpartition("::")[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attacks", action="store_true", help="run the attack suite alone and print its scorecard")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.attacks:
        config.pluginmanager.register(Scorecard())
