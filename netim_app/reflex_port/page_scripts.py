"""JavaScript that controls Reflex in a page. All of it except the address is in `netim_app.ui.javascript.SOURCE`."""

KEEP_STORAGE = """
// A browser that blocks storage for this site throws on each access. Reflex stores the name of a tab and the theme
// there. With this replacement both last as long as the document.
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
// Reflex's `pagehideHandler` closes the socket, and `checkVisibility` connects if there is none. The server must first
// notice that the old socket is closed; otherwise it takes the new one for a second tab.
const connectAnew = async () => {
  dispatchEvent(new Event("pagehide"));
  await new Promise((later) => setTimeout(later, 50));
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""A function: Reflex exports no socket."""
