"""The duties of Reflex's private names for us: one test per name, so that a new version of Reflex fails by name."""

import inspect
import re
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import reflex as rx
from redis.asyncio import Redis
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, OnLoadInternalState, State
from reflex.utils import frontend_skeleton, js_runtimes, path_ops
from reflex.utils.token_manager import SocketRecord
from reflex_base.constants import PackageJson
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.environment import environment
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from netim_app import netim_app
from netim_app.reflex_port import npm_lock, serving
from netim_app.reflex_port.client_vars import client_var
from netim_app.reflex_port.kept_states import KeptInMemory, KeptInRedis
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.reflex_port.var_data import expression
from netim_app.ui.parts import ClientScope
from reflex_guard.current_event import answer, current_event, delta_without_states, send_delta
from reflex_guard.handlers import FRAMEWORK_EVENTS, handler_of, is_framework_event, registered, state_classes
from reflex_guard.states import empty_leftovers
from reflex_guard.transient_vars import TransientVars, forget
from tests.kit.harness import redis_server


class PortState(rx.State):
    """A state of these tests."""

    shown: str = ""

    @rx.event
    def press(self, number: int) -> None:
        """Takes a number."""
        self.shown = str(number)


class ForgetfulPortState(TransientVars, rx.State):
    """One that forgets."""

    shown: str = ""

    _TRANSIENT: ClassVar = ("shown",)
    _forgotten: bool = False


class KeepingPortState(rx.State):
    """One that also keeps something for itself."""

    shown: str = ""

    _kept: str = ""


ROUTER = {
    "sid": "a socket",
    "ip": "192.0.2.7",
    "headers": {"accept-language": "fr"},
    "pathname": "/account/x",
    "asPath": "/account/x?open=y#z",
}


def context(emitted: list[object] | None = None, router: dict[str, Any] = ROUTER) -> EventContext:
    async def emit(_token: str, delta: object) -> None:
        assert emitted is not None
        emitted.append(delta)

    return EventContext(
        token="a tab",
        state_manager=cast("Any", None),
        enqueue_impl=cast("Any", None),
        emit_delta_impl=emit,
        router_data=router,
    )


def a_tab() -> rx.State:
    return rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes the states of a new tab


def test_event_context() -> None:
    with context() as present:
        event = current_event()
    assert (event.trace, event.tab, event.socket, event.ip) == (present.txid, "a tab", "a socket", "192.0.2.7")
    assert (event.path, event.url, event.headers) == ("/account/x", "/account/x?open=y#z", ROUTER["headers"])


def test_event_context_of_a_page_that_lies() -> None:
    with context(router={"sid": "a socket", "pathname": 7, "asPath": ["/account/x"]}):
        event = current_event()
    assert (event.path, event.url, event.ip, dict(event.headers)) == ("", "", "", {})


async def test_emit_delta() -> None:
    emitted: list[object] = []
    with context(emitted):
        await send_delta({"a state": {"a var": 1}})
    assert emitted == [{"a state": {"a var": 1}}]


async def test_get_root_state() -> None:
    root = a_tab()
    assert (await root.get_state(PortState))._get_root_state() is root


async def test_resolved_delta_and_clean() -> None:
    root = a_tab()
    (await root.get_state(PortState)).shown = "new"
    update = await answer(root, rx.redirect("/login"))
    assert update.delta == {PortState.get_full_name(): {f"shown{FIELD_MARKER}": "new"}}
    assert [event.name for event in update.events] == ["_redirect"]
    assert (await answer(root)).delta == {}, "what was sent is not sent again"


def test_internal_init() -> None:
    delta = delta_without_states(PortState, shown="without a tab")
    assert delta == {PortState.get_full_name(): {f"shown{FIELD_MARKER}": "without a tab"}}


def test_registration_context() -> None:
    name = f"{PortState.get_full_name()}.press"
    handler = handler_of(name)
    assert handler is not None
    assert list(inspect.signature(handler).parameters) == ["self", "number"]
    assert registered()[name].states == (PortState,)
    assert {PortState, State, OnLoadInternalState} <= set(state_classes())
    assert registered() is RegistrationContext.get().event_handlers, "it grows with each page"


def test_framework_events() -> None:
    served = {
        name.rpartition(".")[2]
        for name, found in registered().items()
        if found.states[0].__module__.startswith("reflex.") and is_framework_event(name)
    }
    assert served == FRAMEWORK_EVENTS


def test_dict_of_a_state() -> None:
    state = ForgetfulPortState()
    state.shown = "JBSWY3DP"
    assert state.dict()[state.get_full_name()][f"shown{FIELD_MARKER}"] == "JBSWY3DP"
    state._clean()
    forget(state, "shown")
    assert state.dict()[state.get_full_name()] == {}
    assert f"{state.get_full_name()}.dict" not in registered(), "no event handler"
    assert "_TRANSIENT" not in ForgetfulPortState.get_fields(), "no var"


def test_forgotten_field() -> None:
    state = PortState()
    state.shown = "JBSWY3DP"
    assert state.dirty_vars == {"shown"}
    state._clean()
    forget(state, "shown")
    assert (state.shown, state.get_delta()) == ("", {})


@pytest.mark.parametrize("holds", ["shown", "_kept", ""])
async def test_vars_of_a_state(holds: str) -> None:
    root: Any = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex does
    state = await root.get_state(KeepingPortState)
    if holds:
        setattr(state, holds, "left behind")
    root._clean()
    await empty_leftovers(root, keep=())
    assert (state.shown, state._kept) == ("", "")
    assert bool(root.get_delta()) is bool(holds), "what holds nothing is not sent"


async def test_states_in_memory() -> None:
    manager = StateManagerMemory(token_expiration=1800)  # type: ignore[abstract]  # Reflex' overloads confuse mypy
    kept = KeptInMemory(manager, lambda: {"connected"})
    for name in ("first", "connected", "second"):
        async with manager.modify_state(BaseStateToken(ident=name, cls=State)) as root:
            (await root.get_state(PortState)).shown = name
    assert await shown_in(kept) == {"first": "first", "second": "second"}
    await kept.drop(["first"])
    assert (await shown_in(kept), len(manager.states)) == ({"second": "second"}, 2)
    await manager.close()


async def test_states_in_redis(tmp_path: Path) -> None:
    with redis_server(tmp_path) as (_, url):
        manager = StateManagerRedis(redis=Redis.from_url(url), token_expiration=1800)  # type: ignore[abstract]
        kept = KeptInRedis(manager.redis)
        for name in ("first", "connected", "second"):
            async with manager.modify_state(BaseStateToken(ident=name, cls=State)) as root:
                root.router_data = {"sid": name}
                (await root.get_state(PortState)).shown = name
        await manager.redis.set("token_manager_socket_record_connected", "x")
        assert await shown_in(kept) == {"first": "first", "second": "second"}
        await kept.drop(["first"])
        assert await shown_in(kept) == {"second": "second"}
        await manager.close()


async def shown_in(kept: KeptInMemory | KeptInRedis) -> dict[str, str]:
    states = await kept.without_socket([PortState])
    return {token: found.shown for token, of in states.items() if isinstance(found := of[PortState], PortState)}


async def test_event_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace, sio = netim_app.app.event_namespace, netim_app.app.sio
    assert namespace is not None
    assert sio is not None
    tabs = ConnectedTabs(netim_app.app)
    sent: list[tuple[str, Any, str]] = []

    async def emit(kind: str, update: Any, to: str) -> None:
        sent.append((kind, update, to))

    monkeypatch.setattr(namespace._token_manager, "sid_to_token", {"a socket": "a tab"})
    monkeypatch.setattr(
        namespace._token_manager, "token_to_socket", {"a tab": SocketRecord(instance_id="this", sid="a socket")}
    )
    monkeypatch.setattr(namespace, "emit", emit)
    monkeypatch.setattr(sio, "get_environ", lambda socket, name: {"HTTP_X": socket + name} if socket == "a" else None)

    assert (tabs.sockets(), "a tab" in tabs.tokens()) == ({"a socket"}, True)
    assert tabs.header("a", "HTTP_X") == f"a{namespace.namespace}"
    assert tabs.header("gone", "HTTP_X") == ""
    await tabs.send("a socket", PortState.press(7))
    ((kind, update, to),) = sent
    assert (kind, to, [event.payload for event in update.events]) == ("event", "a socket", [{"number": 7}])


def test_var_data() -> None:
    data = expression(f"({PortState.shown!s}.length)", PortState.shown)._get_all_var_data()
    assert data is not None
    assert data.state == PortState.get_full_name()


def test_client_var() -> None:
    """Parent and child share the var, because they are compiled to one component."""
    flag = client_var("isOn", default=False)
    part = ClientScope.create(
        rx.el.button(on_click=flag.set_value(~flag.value)), aria_label=rx.cond(flag.value, "a", "b")
    )
    data = flag._get_all_var_data()
    assert data is not None
    assert "const [isOn, setIson] = useState(false)" in data.hooks
    assert "setIson(!(isOn))" in str(part)
    assert '(isOn ? "a" : "b")' in str(part)
    assert part._memoization_mode.recursive is False


STATE_JS = (Path(str(files("reflex_base"))) / ".templates" / "web" / "utils" / "state.js").read_text("utf-8")
"""The script that runs in a page."""


def test_name_of_the_tab() -> None:
    assert "window.sessionStorage.getItem(TOKEN_KEY)" in STATE_JS
    assert "window.sessionStorage.setItem(TOKEN_KEY, " in STATE_JS


def test_handlers_of_the_page() -> None:
    assert re.search(
        r"pagehideHandler = \(event\) => \{.*?socket\.current\.disconnect\(\);\n  \};", STATE_JS, re.DOTALL
    )
    assert re.search(r"checkVisibility\(\) \{.*?socket\.current\.reconnect\(\);", STATE_JS, re.DOTALL)
    assert 'window.addEventListener("pagehide", pagehideHandler)' in STATE_JS
    assert 'document.addEventListener("visibilitychange", checkVisibility)' in STATE_JS


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in (environment.REFLEX_SKIP_COMPILE, environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP):
        monkeypatch.delenv(option.name, raising=False)
        assert option.get() is False
    serving.serve_built_pages()
    assert environment.REFLEX_SKIP_COMPILE.get() is True
    assert environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get() is True
    for option in (environment.REFLEX_SKIP_COMPILE, environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP):
        monkeypatch.delenv(option.name)


def test_install_frontend_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    its_own = js_runtimes.install_frontend_packages
    assert list(inspect.signature(its_own).parameters) == list(inspect.signature(npm_lock.install).parameters)
    monkeypatch.setattr(js_runtimes, "install_frontend_packages", its_own)  # is put back
    npm_lock.replace_installation()
    assert js_runtimes.install_frontend_packages is npm_lock.install


def test_frontend_skeleton() -> None:
    assert frontend_skeleton.get_web_lockfile_path(npm_lock.LOCK).name == npm_lock.LOCK
    assert all(
        callable(getattr(frontend_skeleton, name))
        for name in ("sync_root_lockfiles_to_web", "initialize_npmrc", "initialize_bun_config")
    )
    assert callable(path_ops.get_npm_path)
    assert {"react", "react-dom"} <= PackageJson.DEPENDENCIES.keys()
    assert "vite" in PackageJson.DEV_DEPENDENCIES


def test_states_are_base_states() -> None:
    assert issubclass(rx.State, BaseState)
