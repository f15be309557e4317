"""JavaScript that controls Reflex in a page. All of it except the address is in `netim_app.ui.javascript.SOURCE`."""

KEEP_STORAGE = """
// A browser that stores nothing for this site refuses each look at its storage, where Reflex keeps the name of a tab,
// and the theme. Both last as long as the document then.
for (const name of ["localStorage", "sessionStorage"]) {
  try {
    globalThis.window?.[name].length;
  } catch {
    const kept = new Map();
    const value = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, item) => kept.set(key, item),
      removeItem: (key) => kept.delete(key),
    };
    Object.defineProperty(window, name, { value });
  }
}
"""
"""Runs before Reflex names the tab (`TOKEN_KEY`)."""

OWN_ADDRESS = 'location.origin.replace("http", "{scheme}") + "{path}"'
"""Replaces an address that Reflex has compiled into a page: Reflex knows only the configured one."""

CONNECT_ANEW = """
// `pagehideHandler` of Reflex closes the socket, and `checkVisibility` connects when there is none. The server hears
// first that the old socket has gone, or it takes the new one for a second tab.
const connectAnew = async () => {
  dispatchEvent(new Event("pagehide"));
  await new Promise((later) => setTimeout(later, 50));
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""A function: Reflex exports no socket."""
