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
// Where a page has failed, an event may get no further.
const reload = () => location.reload();
// The page stays, and goes on without an answer all the same: what it gets is a cookie.
const postAtOnce = (form) => {
  if (!form || !isNew(form.elements[0].value)) return;
  navigator.sendBeacon?.(form.action, new URLSearchParams(new FormData(form)));
  form.replaceChildren();
};

// A new cookie without leaving the page, which alone holds what was typed. The page connects anew with it. Then the
// press is repeated that the server has refused. When the line is cut, the server says what is missing. A page that is
// still filled changes between a press and its refusal, so the last press is noted, also when it seems answered.
const noteAsked = (element) => {
  if (element) document.asked = document.lastPressed;
};
const renewAtOnce = async (form, asked = document.asked) => {
  if (!form || !isNew(form.elements?.[0].value ?? form)) return;
  if (form.action) {
    const body = new URLSearchParams(new FormData(form));
    await fetch(form.action, { method: "POST", redirect: "manual", body }).catch(() => {});
  }
  await connectAnew();
  if (form.dataset.repeat !== "true") return;
  if (asked?.matches("form")) asked.requestSubmit();
  else asked?.click();
};
const comeBack = (cause) => renewAtOnce(cause, document.pressed ?? null);

// A slip of the hand must not lose what is shown only once. The browser asks; while it does, Reflex would cut the
// connection. Going back inside of the app is asked by React Router, and a redirect of the server goes its way.
const askBeforeUnload = () => {
  const ask = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("beforeunload", ask, true);
  return () => removeEventListener("beforeunload", ask, true);
};
const goesBack = ({ historyAction }) => historyAction === "POP";

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

// A notice stands at the lower end of the window, and never above what was pressed.
const keepPressedInView = (notice) => notice && document.pressed?.scrollIntoView({ block: "nearest" });
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
// into the same tab changes nothing but the fragment. A form that appears again, as after going back to it, gets the
// secret that was read on this page.
const takeFragment = (field) => {
  onhashchange = field && (() => takeFragment(field));
  if (!field) return;
  document.read ??= {};
  field.value = document.read[location.pathname] = location.hash.slice(1) || document.read[location.pathname] || "";
  history.replaceState(history.state, "", location.pathname + location.search);
};

// A wrong code is typed over or pasted over, and not added to.
const selectAll = ({ key = "Enter", currentTarget: code }) => key === "Enter" && code.select();
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

// A prompt of the browser for a passkey: Reflex has no event for it. What the customer answers is sent as a form, and
// so is why there is no answer. Who did not choose from the list behind a field hears nothing, and a prompt that
// another one has ended says nothing either. Most pages never need the library, so it comes with the first prompt.
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
// Password managers hide what the account no longer has, and show its present name. A browser that cannot tell them is
// not asked.
const signalPasskeys = async (part) => {
  if (!part || !window.PublicKeyCredential?.signalAllAcceptedCredentials) return;
  const { sendSignal } = await import("@simplewebauthn/browser");
  for (const signal of JSON.parse(part.dataset.signals)) await sendSignal(signal).catch(() => {});
};
// Only the browser knows whether it has passkeys, and whether it can offer them behind a field.
const offerPasskeys = async (part) => {
  if (!part) return;
  part.dataset.passkeys = "PublicKeyCredential" in window;
  const behindField = await window.PublicKeyCredential?.isConditionalMediationAvailable?.();
  if (behindField) part.querySelector("[data-autofill]")?.click();
};
"""
)
