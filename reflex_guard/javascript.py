"""The JavaScript of this package: what neither Reflex nor HTML can do. Nothing in it needs `eval`."""

SOURCE = """
// Blocks a second press until the server has answered the first one: Reflex does not report answers. The button is
// aria-disabled instead of disabled, so it keeps the focus. A sent form also blocks its Cancel button and the Close
// button of its dialog. The first change of the page outside of quiet elements counts as the answer. Changes while the
// document loads its data are none, nor is the end of the document: the browser may parse it after the press. After ten
// seconds without an answer the page says so, unless the connection is lost: then the press waits in a queue. The
// answer moves the focus to the first invalid field; if the pressed element and the focus are gone, to the landmark.
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
    button.ariaDisabled = "false";
    element.querySelector("[aria-invalid=true]")?.focus();
    if (!element.isConnected) focusMainIfLost();
  };
  const isAnswer = ({ target }) => {
    const place = target.closest ? target : target.parentElement;
    if (place === document.body && document.readyState !== "complete") return !element.isConnected;
    return !place?.closest("[data-quiet], [data-loading]");
  };
  const observer = new MutationObserver((changes) => changes.some(isAnswer) && end());
  const timer = setInterval(() => {
    if (document.querySelector("[data-server-away]")) return;
    end();
    delete page.quiet;
    page.unanswered = "";
  }, 10000);
  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
  delete page.unanswered;
  button.ariaDisabled = "true";
  document.pressed = document.lastPressed = element;
};
// Restores what `EARLY` has recorded to the form, even if React has replaced that form.
const takeEarly = (form) => {
  const { early } = document;
  if (!form || !early) return;
  delete document.early;
  for (const { name, value, checked } of Object.values(early.typed)) {
    if (form.elements[name]) Object.assign(form.elements[name], { value, checked });
  }
  form.querySelector("[type=submit]").ariaDisabled = "false";
  if (early.sent) setTimeout(() => form.requestSubmit());
};

// A remounted part, for example after the customer returns to the page, must not act on the same secret again.
const isNew = (secret) => {
  document.acted ??= new Set();
  return !document.acted.has(secret) && document.acted.add(secret);
};

// A page that navigates away stays until the next document loads: from now on its changes are no answers.
const leave = () => {
  document.documentElement.dataset.quiet = "";
  onpageshow = () => delete document.documentElement.dataset.quiet;
};
// Reflex has no event that posts a form to a route.
const submitAtOnce = (form) => {
  if (!form || !isNew(form.elements[0].value)) return;
  leave();
  form.submit();
};

// React's `autofocus` works for fields only. Reflex's focus event needs an id per element, and scrolls.
const focusQuietly = (element) => element?.focus({ preventScroll: true });
// Also for the skip link. The URL does not change: it may have an anchor that is still needed.
const focusMain = (event) => {
  event?.preventDefault();
  focusQuietly(document.getElementById("main"));
};
const focusMainIfLost = () => document.activeElement === document.body && focusMain();
"""

EARLY = """
document.early = { typed: {} };
const noteTyped = ({ target }) => {
  if (document.early) document.early.typed[target.name] = target;
};
const noteSent = (event) => {
  if (!document.early || event.defaultPrevented) return;
  document.early.sent = true;
  event.submitter?.setAttribute("aria-disabled", "true");
};
addEventListener("input", noteTyped);
addEventListener("submit", noteSent);
"""
"""In the head of the document: records what is typed and sent before the scripts load. `takeEarly` reads it."""
