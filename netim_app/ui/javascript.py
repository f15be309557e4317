"""All JavaScript of the product: what neither Reflex nor HTML nor CSS can do. Nothing in here needs `eval`.

`reflex_port/page_scripts.py` has the code that controls Reflex, and `reflex_guard/javascript.py` the reusable code.
`tests/house/test_javascript.py` counts the lines of all of them.

Menus are popovers and dialogs are `<dialog>`. Radix's menu would add 30 kB to the first load, and its dialog returns
the focus only to its own trigger.
"""

from netim_app.reflex_port.page_scripts import CONNECT_ANEW, KEEP_STORAGE

SOURCE = (
    KEEP_STORAGE
    + CONNECT_ANEW
    + """
// What a browser posts for a form.
const dataOf = (form) => new URLSearchParams(new FormData(form));
// The page stays, and continues even without a response: the response only sets a cookie.
const postAtOnce = (form) => {
  if (!form || !isNew(form.elements[0].value)) return;
  navigator.sendBeacon?.(form.action, dataOf(form));
  form.replaceChildren();
};

// Gets a new cookie without leaving the page, because only the page has what was typed. The page reconnects with it
// and repeats the refused press. If the request fails, the server says what is missing. A page that is still loading
// data changes between a press and its refusal, so the last press is recorded even if it seems answered.
const noteAsked = (element) => {
  if (element) document.asked = document.lastPressed;
};
const renewAtOnce = async (form, asked = document.asked) => {
  if (!form || !isNew(form.elements?.[0].value ?? form)) return;
  if (form.action) await fetch(form.action, { method: "POST", redirect: "manual", body: dataOf(form) }).catch(() => {});
  await connectAnew();
  if (form.dataset.repeat !== "true") return;
  if (asked?.matches("form")) asked.requestSubmit();
  else asked?.click();
};
const comeBack = (cause) => renewAtOnce(cause, document.pressed ?? null);

// An accidental press must not lose content that is shown only once. The browser asks; meanwhile Reflex must not close
// the connection. React Router asks before going back within the app. A redirect of the server is not stopped.
const askBeforeUnload = () => {
  const ask = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("beforeunload", ask, true);
  return () => removeEventListener("beforeunload", ask, true);
};
const goesBack = ({ historyAction }) => historyAction === "POP";

// HTML alone opens a modal dialog only by a press. Closing it before it is unmounted returns the focus to the opener,
// or to the main landmark if the opener is gone, too.
const openModal = (dialog) => {
  dialog.showModal();
  return () => {
    dialog.close();
    setTimeout(focusMainIfLost);
  };
};
// The server closes a dialog, so it stays while a form is sent. Esc presses the Close button, if there is one.
const pressClose = (event) => {
  event.preventDefault();
  event.target.querySelector("[data-close]")?.click();
};
// Chromium closes at the second Esc, even when the page prevents it.
const reopen = ({ target }) => target.isConnected && target.showModal();

// A popover handles Enter, Esc and clicks elsewhere. Arrow keys open it, and cycle through its items and its button.
const moveInMenu = (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("a, button")];
  items[0].popoverTargetElement.showPopover();
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
};
// The menu closes when the focus leaves it and its button, and on a click in it: a link to the current page would
// change nothing else.
const leaveMenu = ({ type, currentTarget: menu, relatedTarget: next }) =>
  (type === "click" || (next && !menu.parentElement.contains(next))) && menu.hidePopover();

// A notice is at the lower end of the window, and must not cover the pressed element.
const keepPressedInView = (notice) => notice && document.pressed?.scrollIntoView({ block: "nearest" });
// After navigation within the app the browser leaves the focus nowhere, so screen readers announce nothing. On the
// first load of a document, no earlier heading was unmounted.
const focusAfterNavigation = (heading) => {
  if (document.left) focusQuietly(heading);
  document.left = !heading;
};
// A card appears after its data, too late for the browser to scroll to it. If the browser does find the target of a
// link, React Router scrolls back to the earlier position.
const scrollToReached = (card) => requestAnimationFrame(() => card?.scrollIntoView());

// Reads the secret of a mailed link, and at once removes it from the address bar and the history. A link pasted into
// the same tab changes only the fragment. A remounted form, for example after going back to it, gets the secret that
// was read on this page.
const takeFragment = (field) => {
  onhashchange = field && (() => takeFragment(field));
  if (!field) return;
  document.read ??= {};
  field.value = document.read[location.pathname] = location.hash.slice(1) || document.read[location.pathname] || "";
  history.replaceState(history.state, "", location.pathname + location.search);
};

// Selects a wrong code, so that typing or pasting replaces it.
const selectAll = ({ key = "Enter", currentTarget: code }) => key === "Enter" && code.select();
// Six digits are a complete code, so the form sends itself, after a moment: a press of the button or Enter meanwhile
// must not send it twice. A refused code is not sent again while it is corrected digit by digit.
const sendWhenComplete = ({ currentTarget: code }) => {
  clearTimeout(code.timer);
  code.form.onsubmit = () => {
    clearTimeout(code.timer);
    code.sent = code.value;
    code.select();
  };
  if (code.validity.valid && code.sent !== code.value) code.timer = setTimeout(() => code.form?.requestSubmit(), 500);
};
// Reflex does not report which button sent a form: the field before this button does.
const sendWith = ({ currentTarget: { form, previousElementSibling: flag } }) => {
  flag.value = "on";
  form.requestSubmit();
  flag.value = "";
};
// Reflex's events do not report Caps Lock.
const noteCapsLock = (event) => event.currentTarget.toggleAttribute("data-caps", event.getModifierState("CapsLock"));
// Reflex's clipboard event waits in a queue while the connection is lost, and does not report its completion.
const copy = async ({ currentTarget: { dataset } }) => {
  await navigator.clipboard.writeText(dataset.text);
  dataset.copied = setTimeout(() => delete dataset.copied, 4000);
};
const printPage = () => print();

// Opens the browser's passkey prompt: Reflex has no event for it. The answer, or the reason for a missing answer, is
// sent as a form. No reason is sent if the customer did not choose from the list of a field, or if another prompt
// ended this one. Most pages never need the library, so the first prompt loads it.
const askForPasskey = async (prompt) => {
  if (!prompt || !isNew(prompt.dataset.options)) return;
  const form = prompt.closest("form");
  const { kind, options } = prompt.dataset;
  const useBrowserAutofill = kind === "autofill";
  const { startAuthentication, startRegistration } = await import("@simplewebauthn/browser");
  const ask = kind === "new" ? startRegistration : startAuthentication;
  const asked = { optionsJSON: JSON.parse(options), useBrowserAutofill };
  const answer = await ask(asked).catch(({ name }) => ({ error: name }));
  if (answer.error && (useBrowserAutofill || answer.error === "AbortError")) return;
  form.elements.answer.value = JSON.stringify(answer);
  form.requestSubmit();
};
// Password managers then hide passkeys that the account no longer has, and show its current name. A browser without
// these signals is skipped.
const signalPasskeys = async (part) => {
  if (!part || !window.PublicKeyCredential?.signalAllAcceptedCredentials) return;
  const { sendSignal } = await import("@simplewebauthn/browser");
  for (const signal of JSON.parse(part.dataset.signals)) await sendSignal(signal).catch(() => {});
};
// Only the browser knows whether it supports passkeys, and whether it can offer them in a field.
const offerPasskeys = async (part) => {
  if (!part) return;
  part.dataset.passkeys = "PublicKeyCredential" in window;
  const behindField = await window.PublicKeyCredential?.isConditionalMediationAvailable?.();
  if (behindField) part.querySelector("[data-autofill]")?.click();
};
"""
)
