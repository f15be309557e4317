"""The few functions of the kit that run in the browser.

React calls such a function with the element when it appears, and the function that it returned when the element goes
(React 19, ref callbacks); without one it would be called again, with null. They stand at module level and so stay the
same from render to render. They manage what the browser itself knows best: modal dialogs, menus, where the focus is.
"""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from netim_app.reflex_port.var_data import expression
from netim_app.ui.text import LocaleState


@dataclass(frozen=True)
class Behaviour:
    """A named JavaScript function of one element."""

    name: str
    code: str

    @property
    def ref(self) -> rx.Var:
        """For the `ref` attribute of the element."""
        return rx.Var(self.name)

    @property
    def source(self) -> str:
        return f"const {self.name} = {self.code};"


OPEN_MODAL = Behaviour(
    "openModal",
    # A sent form cannot be taken back before its answer, and must not look so: the dialog stays open.
    # Closing gives the focus back to the opener. When that is gone, the main landmark gets it instead of nothing.
    """(dialog) => {
  const hold = (event) => {
    if (event.type === "click" && !event.target.closest("[data-close]")) return;
    if (!dialog.querySelector("form button[type=submit][aria-disabled=true]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type === "close") dialog.showModal();
  };
  for (const type of ["click", "cancel", "close"]) dialog.addEventListener(type, hold, true);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input:not([type=hidden], [type=checkbox], [hidden]), select, textarea")?.focus();
  return () => {
    for (const type of ["click", "cancel", "close"]) dialog.removeEventListener(type, hold, true);
    dialog.addEventListener("close", (event) => event.stopImmediatePropagation(), {capture: true, once: true});
    dialog.close();
    setTimeout(() => {
      const now = document.activeElement;
      if (!now || now === document.body) document.getElementById("main")?.focus({preventScroll: true});
    });
  };
}""",
)

DISCLOSE = Behaviour(
    "disclose",
    """(root) => {
  const button = root.querySelector("button"), list = document.getElementById(button.getAttribute("aria-controls"));
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  const show = (open) => { button.setAttribute("aria-expanded", open); list.hidden = !open; };
  const onClick = (event) => {
    if (button.contains(event.target)) show(!isOpen());
    else if (event.target.closest("a, button")) show(false);
  };
  const onKey = (event) => {
    const items = [...list.querySelectorAll("a, button")], at = items.indexOf(document.activeElement);
    if (event.key === "Escape" && isOpen()) { show(false); button.focus(); event.stopPropagation(); }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    show(true);
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length]?.focus();
  };
  const onLeave = (event) => { if (event.relatedTarget && !root.contains(event.relatedTarget)) show(false); };
  const onOutside = (event) => { if (!root.contains(event.target)) show(false); };
  root.addEventListener("click", onClick);
  root.addEventListener("keydown", onKey);
  root.addEventListener("focusout", onLeave);
  document.addEventListener("pointerdown", onOutside);
  return () => {
    root.removeEventListener("click", onClick);
    root.removeEventListener("keydown", onKey);
    root.removeEventListener("focusout", onLeave);
    document.removeEventListener("pointerdown", onOutside);
  };
}""",
)

SCROLL_TO_ANCHOR = Behaviour(
    "scrollToAnchor",
    # A card appears after its data has come: the browser itself has looked for it in vain by then.
    """(element) => {
  const arrive = () => {
    if (location.hash !== "#" + element.id) return;
    requestAnimationFrame(() => element.scrollIntoView());
    element.removeAttribute("data-reached");
    requestAnimationFrame(() => element.setAttribute("data-reached", ""));
  };
  arrive();
  addEventListener("hashchange", arrive);
  return () => removeEventListener("hashchange", arrive);
}""",
)

FOCUS_AFTER_NAVIGATION = Behaviour(
    "focusAfterNavigation",
    # After a change of page inside of the app the browser leaves the focus nowhere: screen readers hear nothing.
    """(heading) => {
  const root = document.documentElement;
  if (root.dataset.page && root.dataset.page !== location.pathname) heading.focus({preventScroll: true});
  root.dataset.page = location.pathname;
  return () => {};
}""",
)


FOCUS_ON_ARRIVAL = Behaviour(
    "focusOnArrival",
    # Where a form has just gone, with the focus in it: screen readers then read what has come in its place.
    """(element) => {
  element.focus({preventScroll: true});
  return () => {};
}""",
)

SAY_WHEN_OVER = Behaviour(
    "sayWhenOver",
    """(element) => {
  const said = element.nextElementSibling, text = element.dataset.over;
  said.textContent = "";
  return () => {
    said.textContent = text;
    setTimeout(() => { said.textContent = ""; }, 5000);
  };
}""",
)

ONCE = Behaviour(
    "once",
    # A second press is stopped in the browser, before the first one has been to the server and back. aria-disabled and
    # not disabled, so the button keeps the focus. It ends with the answer, that is with the first change of the page
    # (but for what changes by itself: `QUIET`); with `pending` at the end of the work; and in any case after a while,
    # which the page then says, unless it has said already that the server is away: then the press waits in a queue.
    # While the page leaves for another document, nothing ends. The focus goes to the first field that is wrong.
    """(event, button, form) => {
  const root = document.documentElement;
  // Its own form, and for "Cancel" the one that it would take back.
  const sent = form ? button : button.closest("form")?.querySelector("button[type=submit]") ?? button;
  if (sent.getAttribute("aria-disabled") === "true" || button.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const end = () => {
    observer.disconnect();
    clearTimeout(timer);
    button.setAttribute("aria-disabled", button.dataset.pending === "true");
    form?.querySelector("[aria-invalid=true]")?.focus();
  };
  const giveUp = () => {
    if (document.querySelector("[data-server-away]")) { timer = setTimeout(giveUp, 10000); return; }
    delete root.dataset.leaving;
    end();
    root.dataset.unanswered = "";
  };
  const observer = new MutationObserver((changes) => {
    if (changes.every(({target}) => (target.closest ? target : target.parentElement)?.closest("[data-quiet]"))) return;
    delete root.dataset.unanswered;
    if (!("leaving" in root.dataset)) end();
  });
  let timer = setTimeout(giveUp, 10000);
  observer.observe(document.body, {childList: true, characterData: true, subtree: true});
  delete root.dataset.unanswered;
  button.setAttribute("aria-disabled", "true");
}""",
)

QUIET: dict[str, str] = {"data-quiet": ""}
"""For what changes while the customer waits for something else: a change in there is no answer."""

LEAVE = (
    "document.documentElement.dataset.leaving = ''; "
    "addEventListener('pageshow', () => { delete document.documentElement.dataset.leaving; }, {once: true});"
)
"""Before script sends the page elsewhere: it stays as it is until the next document is there."""


class SingleSubmitForm(rx.el.Form):
    """A form that is not sent again before the server has answered."""

    def add_custom_code(self) -> list[str]:
        return [ONCE.source]

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any form; `custom_attrs` gets what guards it."""
        guard: rx.Var[Any] = rx.Var(
            f"(e) => {ONCE.name}(e, e.currentTarget.querySelector('button[type=submit]'), e.currentTarget)"
        )
        return super().create(*children, **_with_attr(props, "onSubmitCapture", guard))


class SingleSubmitButton(rx.el.Button):
    """A button that takes no second press before the server has answered."""

    def add_custom_code(self) -> list[str]:
        return [ONCE.source]

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any button; `custom_attrs` gets what guards it."""
        guard: rx.Var[Any] = rx.Var(f"(e) => {ONCE.name}(e, e.currentTarget)")
        return super().create(*children, **_with_attr(props, "onClickCapture", guard))


def _with_attr(props: dict[str, Any], name: str, value: rx.Var) -> dict[str, Any]:
    return props | {"custom_attrs": {**props.get("custom_attrs", {}), name: value}}


class Modal(rx.el.Dialog):
    """A `<dialog>` that is modal from the moment it appears."""

    on_close: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[valid-type, type-arg]  # Reflex's own notation

    def add_custom_code(self) -> list[str]:
        return [OPEN_MODAL.source]


class Disclosure(rx.el.Div):
    """A button and the list that it shows."""

    def add_custom_code(self) -> list[str]:
        return [DISCLOSE.source]


class Anchored(rx.el.Section):
    """A block that links lead to."""

    def add_custom_code(self) -> list[str]:
        return [SCROLL_TO_ANCHOR.source]


class Interruption(rx.el.Div):
    """Something that lasts for a while, and then is over."""

    def add_custom_code(self) -> list[str]:
        return [SAY_WHEN_OVER.source]


class Arrival(rx.el.Div):
    """What takes the place of a form."""

    def add_custom_code(self) -> list[str]:
        return [FOCUS_ON_ARRIVAL.source]


class PageHeading(rx.el.H1):
    """The heading of a page."""

    def add_custom_code(self) -> list[str]:
        return [FOCUS_AFTER_NAVIGATION.source]


class DocumentLanguage(rx.Fragment):
    """Keeps the language of the document at the language of the tab (WCAG 3.1.1)."""

    def add_imports(self) -> dict[str, str]:
        return {"react": "useEffect"}

    def add_hooks(self) -> list[str | rx.Var]:
        locale = LocaleState.locale
        effect = f"useEffect(() => {{ document.documentElement.lang = {locale!s} || 'en'; }}, [{locale!s}])"
        return [expression(effect, locale)]
