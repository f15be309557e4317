"""Whether everything on a page fits."""

from playwright.sync_api import Page

_FAULTS = r"""() => {
  const root = document.documentElement;
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const scope = dialog ?? document.body;
  const faults = [];
  const short = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const style = (element) => getComputedStyle(element);
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} px wide`);
  if (dialog) {
    const { left, right } = dialog.getBoundingClientRect();
    if (left < 8 || innerWidth - right < 8) faults.push(`the dialog goes from ${left} to ${right}`);
  }

  const forScreenReaders = (element) =>
    element && (style(element).clipPath === "inset(50%)" || forScreenReaders(element.parentElement));
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !forScreenReaders(element);
  // What scrolls or clips an element, nearest first; not beyond what is laid over the page.
  const around = (element) => {
    const found = [];
    for (let at = element; at && scope.contains(at); at = at.parentElement) {
      if (!["inline", "contents"].includes(style(at).display)) found.push(at);
      if (["absolute", "fixed"].includes(style(at).position) || at.popover) break;
    }
    return found;
  };
  const texts = [];
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest("select, textarea, script, style, noscript") || !seen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter(({ width }) => width > 0.5);
    texts.push({ node, parent, boxes: around(parent), rects });
  }

  const beyond = (rect, box) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return rect.left < left - 1 || rect.right > right + 1 || rect.bottom > bottom + 8 || rect.top < top - 8;
  };
  for (const { node, parent, boxes, rects } of texts) {
    for (const box of boxes) {
      const { overflowX, overflowY, textOverflow } = style(box);
      const out = rects.filter((rect) => beyond(rect, box));
      const sideways = out.some((rect) => beyond({ ...rect.toJSON(), top: 1e9, bottom: -1e9 }, box));
      const told = textOverflow === "ellipsis" && parent.closest("[title]")?.title.includes(node.data.trim());
      if (overflowX !== "visible" && told) {
        rects.length = 0;
        break;
      }
      if (sideways || (out.length && overflowY === "visible" && overflowX === "visible")) {
        faults.push(`“${short(node.data)}” leaves ${box.outerHTML.slice(0, 110)}`);
        break;
      }
      if (overflowY !== "visible" && out.length) break;
    }
    if (rects.some(({ left, right }) => left < -0.5 || right > innerWidth + 0.5))
      faults.push(`“${short(node.data)}” leaves the window`);
  }

  // A word that fits on any line stays whole. A line may break at hyphens, between the groups of
  // an address, and anywhere in an e-mail address and a URL.
  for (const { node } of texts)
    for (const word of node.data.matchAll(/[^\s-\u2011:/@.]+/g)) {
      const whole = node.data.slice(0, word.index).match(/\S*$/)[0] + node.data.slice(word.index).match(/^\S*/)[0];
      if (word[0].length > 12 || /@|:\/\//.test(whole)) continue;
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter((r) => r.width > 0.5).map((r) => Math.round(r.top)));
      if (lines.size > 1) faults.push(`“${word[0]}” of “${short(node.data)}” breaks`);
    }

  const clipped = ({ boxes, rects }) =>
    rects.map(({ left, top, right, bottom }) => {
      for (const box of boxes.filter((one) => style(one).overflowY !== "visible")) {
        const edge = box.getBoundingClientRect();
        [left, top] = [Math.max(left, edge.left), Math.max(top, edge.top)];
        [right, bottom] = [Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
      }
      return { left, top, right, bottom };
    });
  const floats = (element) => element.closest("[popover]") ?? element.closest(".sticky") ?? element.closest(".fixed");
  const pictures = [...scope.querySelectorAll("svg")].filter((svg) => seen(svg) && svg.clientWidth <= 40);
  const things = [
    ...texts.map((text) => ({ what: text.parent, name: short(text.node.data), rects: clipped(text) })),
    ...pictures.map((svg) => ({
      what: svg,
      name: `icon of ${short(svg.parentElement.textContent)}`,
      rects: clipped({ boxes: around(svg), rects: [svg.getBoundingClientRect()] }),
    })),
  ];
  const common = (a, b, from, to) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]);
  const meet = (a, b) => common(a, b, "left", "right") > 2 && common(a, b, "top", "bottom") > 5;
  things.forEach((one, index) => {
    for (const other of things.slice(index + 1))
      if (floats(one.what) === floats(other.what) && one.rects.some((a) => other.rects.some((b) => meet(a, b))))
        faults.push(`“${one.name}” and “${other.name}” lie on each other`);
  });

  const pen = document.createElement("canvas").getContext("2d");
  for (const field of scope.querySelectorAll("select, input:placeholder-shown")) {
    if (!seen(field)) continue;
    const { font, paddingLeft, paddingRight, textOverflow } = style(field);
    pen.font = font;
    const text = field.selectedOptions?.[0]?.text ?? field.placeholder;
    const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    if (pen.measureText(text).width > room + 1 && textOverflow !== "ellipsis")
      faults.push(`“${short(text)}” is cut in its field`);
  }

  const blocks = new Map();
  for (const { node, boxes } of texts) blocks.set(boxes[0], [...(blocks.get(boxes[0]) ?? []), node]);
  for (const nodes of blocks.values()) {
    const whole = nodes.map(({ data }) => data).join("");
    const at = (index) => {
      for (const node of nodes) {
        if (index < node.data.length) return [node, index];
        index -= node.data.length;
      }
    };
    for (const address of whole.matchAll(/\b\d{1,3}(?:\.\d{1,3}){3}|\b[\da-f]{1,4}(?::[\da-f]{0,4}){3,}/gi))
      for (const group of address[0].matchAll(/[\da-f]+/gi)) {
        const first = address.index + group.index;
        const range = document.createRange();
        range.setStart(...at(first));
        const [node, last] = at(first + group[0].length - 1);
        range.setEnd(node, last + 1);
        const lines = new Set([...range.getClientRects()].filter((r) => r.width > 0.5).map((r) => Math.round(r.top)));
        if (lines.size > 1) faults.push(`“${address[0]}” breaks inside of ${group[0]}`);
      }
  }
  return [...new Set(faults)];
}"""
"""The parts that do not fit: a page or a dialog that is too wide, texts that leave their boxes or are cut without an
ellipsis and a title, texts and icons on each other, IP addresses that break inside of a group of digits."""


def misfits(page: Page) -> list[str]:
    """Each thing of the page, or of its topmost dialog, that does not fit at the present width."""
    found: list[str] = page.evaluate(_FAULTS)
    return found
