"""All JavaScript of the product: what neither Reflex nor HTML nor CSS can do. Nothing in here needs `eval`.

Menus are popovers and dialogs are `<dialog>`. Radix's menu would add 30 kB to the first load, and its dialog returns
the focus to no other opener than its own trigger. `tests/house/test_javascript.py` counts the lines.
"""

from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element

from netim_app.reflex_port.client_vars import location_hash
from netim_app.reflex_port.var_data import expression
from netim_app.ui.text import LocaleState

QUIET: dict[str, str] = {"data-quiet": ""}
"""For an element whose descendants change by themselves: such a change is no answer to a press."""

SOURCE = """
// Stops a second press before the first one has been to the server and back: Reflex does not tell an answer.
// aria-disabled and not disabled, so the button keeps the focus. A form that is sent also holds its Cancel and the
// Close of its dialog. The answer is the first change of the page outside of what is quiet. After ten seconds without
// one the page says so, unless the server is away: then the press waits in a queue. The focus goes to the first wrong
// field, and to the main landmark when what was pressed is gone, and what had the focus before.
const once = (event) => {
  const element = event.currentTarget;
  const button = element.querySelector("[type=submit]") ?? element;
  const group = element.closest("form, dialog") ?? element;
  if (button.ariaDisabled === "true" || group.querySelector("[type=submit][aria-disabled=true]")) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const page = document.documentElement.dataset;
  const end = () => {
    document.pressed = undefined;
    observer.disconnect();
    clearInterval(timer);
    button.ariaDisabled = button.dataset.pending === "true";
    element.querySelector("[aria-invalid=true]")?.focus();
    if (!element.isConnected) focusMainIfLost();
  };
  const observer = new MutationObserver((changes) => {
    if (changes.some(({ target }) => !target.parentElement?.closest("[data-quiet]"))) end();
  });
  const timer = setInterval(() => {
    if (document.querySelector("[data-server-away]")) return;
    end();
    delete page.quiet;
    page.unanswered = "";
  }, 10000);
  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
  delete page.unanswered;
  button.ariaDisabled = "true";
  document.pressed = element;
};

// A page that sends itself elsewhere stays as it is until the next document is there: no change is an answer any more.
const leave = () => {
  document.documentElement.dataset.quiet = "";
  onpageshow = () => delete document.documentElement.dataset.quiet;
};
const reload = () => location.reload();
// No event of Reflex leaves the app.
const submitAtOnce = (form) => {
  if (!form) return;
  leave();
  form.submit();
};
// The page stays, and goes on without an answer all the same: what it gets is a cookie.
const postAtOnce = (form) => {
  if (form) navigator.sendBeacon?.(form.action, new URLSearchParams(new FormData(form)));
};

// A new cookie without leaving the page, which alone holds what was typed. The socket comes back with it, as after a
// pause of the browser; the server hears first that the old one has gone, or it takes this for a second tab. Then the
// press is repeated that the server has refused. When the line is cut, the server says what is missing.
const noteAsked = (element) => {
  if (element) document.asked = document.pressed;
};
const renewAtOnce = async (form) => {
  if (!form) return;
  const { asked } = document;
  if (form.action) {
    const body = new URLSearchParams(new FormData(form));
    await fetch(form.action, { method: "POST", redirect: "manual", body }).catch(() => {});
  }
  dispatchEvent(new Event("pagehide"));
  await new Promise((later) => setTimeout(later, 50));
  document.dispatchEvent(new Event("visibilitychange"));
  if (form.dataset.repeat !== "true") return;
  if (asked?.matches("form")) asked.requestSubmit();
  else asked?.click();
};
const comeBack = (cause) => {
  noteAsked(cause);
  renewAtOnce(cause);
};

// HTML opens a dialog as a modal one by a press only. Closing it before it goes gives the focus back to the opener, and
// when that is gone, too, to the main landmark.
const openModal = (dialog) => {
  dialog.showModal();
  return () => {
    dialog.close();
    setTimeout(focusMainIfLost);
  };
};
// The server closes a dialog, so it stays while a form is sent. Esc is a press of the Close button, if there is one.
const pressClose = (event) => {
  event.preventDefault();
  event.target.querySelector("[data-close]")?.click();
};
// Chromium closes at the second Esc, even when the page prevents it.
const reopen = ({ target }) => target.isConnected && target.showModal();

// A popover knows Enter, Esc and clicks elsewhere. Arrows open it, and go round its items and its button.
const moveInMenu = (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("a, button")];
  items[0].popoverTargetElement.showPopover();
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
};
// Leaving it and its button closes it, and so does a click in it: a link to the page that is shown already changes
// nothing else.
const leaveMenu = ({ type, currentTarget: menu, relatedTarget: next }) =>
  (type === "click" || (next && !menu.parentElement.contains(next))) && menu.hidePopover();

// React's `autofocus` is for fields only; Reflex's event for the focus needs an id per element, and scrolls.
const focusQuietly = (element) => element?.focus({ preventScroll: true });
// Also for the link that skips to it. The URL does not change: it may hold an anchor that is still needed.
const focusMain = (event) => {
  event?.preventDefault();
  focusQuietly(document.getElementById("main"));
};
const focusMainIfLost = () => document.activeElement === document.body && focusMain();
// After a change of page inside of the app the browser leaves the focus nowhere: screen readers hear nothing. When a
// document is loaded, no heading has gone before.
const focusAfterNavigation = (heading) => {
  if (document.left) focusQuietly(heading);
  document.left = !heading;
};
// A card appears after its data has come: the browser itself has looked for it in vain by then. Where it does find the
// target of a link, React Router scrolls back to where the page was.
const scrollToReached = (card) => requestAnimationFrame(() => card?.scrollIntoView());

// The secret of a mailed link is read, and taken out of the address bar and the history at once. A link that is pasted
// into the same tab changes nothing but the fragment.
const takeFragment = (field) => {
  onhashchange = field && (() => takeFragment(field));
  if (!field) return;
  field.value = location.hash.slice(1) || field.value;
  history.replaceState(history.state, "", location.pathname + location.search);
};

// A wrong code is typed over or pasted over, and not added to.
const selectAll = (event) => {
  if (!event.key || event.key === "Enter") event.currentTarget.select();
};
// With six digits nothing is left to decide. After a moment, so that a press of the button or of Enter sends it once.
// A refused code is not sent again while it is corrected digit by digit.
const sendWhenComplete = ({ currentTarget: code }) => {
  clearTimeout(code.timer);
  code.form.onsubmit = () => {
    clearTimeout(code.timer);
    code.sent = code.value;
    code.select();
  };
  if (code.validity.valid && code.sent !== code.value) code.timer = setTimeout(() => code.form?.requestSubmit(), 500);
};
// Reflex does not tell by which button a form was sent: the field before this one tells it.
const sendWith = ({ currentTarget: { form, previousElementSibling: flag } }) => {
  flag.value = "on";
  form.requestSubmit();
  flag.value = "";
};
// Reflex's events tell of no Caps Lock.
const noteCapsLock = (event) => event.currentTarget.toggleAttribute("data-caps", event.getModifierState("CapsLock"));
// Reflex's event for the clipboard waits in a queue while the server is away, and says nothing when it is done.
const copy = async ({ currentTarget: { dataset } }) => {
  await navigator.clipboard.writeText(dataset.text);
  dataset.copied = setTimeout(() => delete dataset.copied, 4000);
};
const printPage = () => print();
"""


TIME_ZONE = rx.Var("Intl.DateTimeFormat().resolvedOptions().timeZone").to(str)
"""The IANA name of the browser's time zone. For a part of the page that is not rendered in advance."""


def function(name: str) -> rx.Var[Any]:
    """A function of `SOURCE`: for a `ref` or a handler in the `custom_attrs` of an element of this module.

    As a `ref` React calls it with the element when that appears, and the function that it returned when the element
    goes; without one, it calls the same function again, with null.

    Raises:
        KeyError: there is none of this name.
    """
    if f"const {name} = " not in SOURCE:
        raise KeyError(name)
    return rx.Var(name)


class _Scripted:
    """Compiles `SOURCE` beside the element. The build leaves out what is not used."""

    def add_custom_code(self) -> list[str]:
        return [SOURCE]


class Button(_Scripted, rx.el.Button):
    """A button that does something in the browser."""


class A(_Scripted, rx.el.A):
    """A link that does something in the browser."""


class Dialog(_Scripted, rx.el.Dialog):
    """A dialog that opens itself."""


class Div(_Scripted, rx.el.Div):
    """A part of the page that takes the focus, or moves it."""


class H1(_Scripted, rx.el.H1):
    """The heading of a page."""


class Input(_Scripted, rx.el.Input):
    """A field that does something in the browser, or is filled there."""


class Anchored(_Scripted, rx.el.Section):
    """A part of the page that links lead to, by its id. It has `data-reached` while the URL names it."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any section; `custom_attrs` gets what scrolls to it."""
        reached = location_hash() == rx.Var.create("#") + props["id"].to(str)
        # React calls a new ref: when the part appears, and when a link to it is followed.
        attrs = {"ref": rx.cond(reached, function("scrollToReached"), None), "data-reached": rx.cond(reached, "", None)}
        return super().create(*children, **_with_attrs(props, attrs))


class Span(_Scripted, rx.el.Span):
    """What does something when it appears."""


class Ul(_Scripted, rx.el.Ul):
    """A list that opens and closes."""


class HtmlForm(_Scripted, Element):
    """A form that the browser itself posts to an HTTP route. Reflex's form would swallow its submit event."""

    tag = "form"


class SingleSubmitForm(_Scripted, rx.el.Form):
    """A form that is not sent again before the server has answered."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any form; `custom_attrs` gets what guards it."""
        return super().create(*children, **_with_attrs(props, {"onSubmitCapture": function("once")}))


class SingleSubmitButton(Button):
    """A button that takes no second press before the server has answered."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """As any button; `custom_attrs` gets what guards it."""
        return super().create(*children, **_with_attrs(props, {"onClickCapture": function("once")}))


class DocumentLanguage(rx.Fragment):
    """Keeps the language of the document at the language of the tab (WCAG 3.1.1)."""

    def add_imports(self) -> dict[str, str]:
        return {"react": "useEffect"}

    def add_hooks(self) -> list[str | rx.Var]:
        locale = LocaleState.locale
        effect = f"""useEffect(() => {{
          if ({locale!s}) document.documentElement.lang = {locale!s};
        }}, [{locale!s}])"""
        return [expression(effect, locale)]


def _with_attrs(props: dict[str, Any], attrs: dict[str, Any]) -> dict[str, Any]:
    return props | {"custom_attrs": {**props.get("custom_attrs", {}), **attrs}}
