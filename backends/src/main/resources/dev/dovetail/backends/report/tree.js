// The plan's tree: arrows move and fold, Home and End jump, a click or Enter folds.

for (const tree of document.querySelectorAll('[role="tree"]')) {
  const items = () => [...tree.querySelectorAll('[role="treeitem"]')].filter(item => item.offsetParent !== null);
  const parentOf = item => item.parentElement.closest('[role="treeitem"]');
  const isOpen = item => item.getAttribute("aria-expanded") === "true";
  const fold = (item, open) => {
    if (item.hasAttribute("aria-expanded")) item.setAttribute("aria-expanded", String(open));
  };
  const focus = item => {
    if (!item) return;
    tree.querySelectorAll('[tabindex="0"]').forEach(other => other.setAttribute("tabindex", "-1"));
    item.setAttribute("tabindex", "0");
    item.focus({ preventScroll: false });
  };
  const beside = (item, step) => {
    const all = items();
    return all[all.indexOf(item) + step];
  };
  const keys = {
    ArrowDown: item => focus(beside(item, 1)),
    ArrowUp: item => focus(beside(item, -1)),
    ArrowRight: item => (item.hasAttribute("aria-expanded") && !isOpen(item) ? fold(item, true) : focus(item.querySelector('[role="treeitem"]'))),
    ArrowLeft: item => (isOpen(item) ? fold(item, false) : focus(parentOf(item))),
    Home: () => focus(items()[0]),
    End: () => focus(items().at(-1)),
    Enter: item => fold(item, !isOpen(item)),
    " ": item => fold(item, !isOpen(item)),
  };
  tree.addEventListener("keydown", event => {
    const item = event.target.closest('[role="treeitem"]');
    if (!item || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key](item);
  });
  tree.addEventListener("click", event => {
    const item = event.target.closest(".row")?.parentElement;
    if (!item) return;
    fold(item, !isOpen(item));
    focus(item);
  });
  tree.querySelector('[role="treeitem"]')?.setAttribute("tabindex", "0");
}
