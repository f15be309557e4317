"""The JavaScript of this package: what neither Reflex nor HTML can do. Nothing in it needs `eval`."""

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
    if (changes.some(({ target }) => !(target.closest ? target : target.parentElement)?.closest("[data-quiet]"))) end();
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
  document.pressed = document.lastPressed = element;
};
// What `EARLY` has noted reaches the form, also when React has put another one in its place.
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

// A part that appears again, as when the customer comes back to the page, must not act on the same secret again.
const isNew = (secret) => {
  document.acted ??= new Set();
  return !document.acted.has(secret) && document.acted.add(secret);
};

// A page that sends itself elsewhere stays as it is until the next document is there: no change is an answer any more.
const leave = () => {
  document.documentElement.dataset.quiet = "";
  onpageshow = () => delete document.documentElement.dataset.quiet;
};
// No event of Reflex leaves the app.
const submitAtOnce = (form) => {
  if (!form || !isNew(form.elements[0].value)) return;
  leave();
  form.submit();
};

// React's `autofocus` is for fields only; Reflex's event for the focus needs an id per element, and scrolls.
const focusQuietly = (element) => element?.focus({ preventScroll: true });
// Also for the link that skips to it. The URL does not change: it may hold an anchor that is still needed.
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
