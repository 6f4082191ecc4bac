// The page around the charts: where the reader is, and paper.

const links = new Map([...document.querySelectorAll("nav a")].map(link => [link.getAttribute("href").slice(1), link]));
const seen = new Set();
const watcher = new IntersectionObserver(entries => {
  for (const entry of entries) {
    if (entry.isIntersecting) seen.add(entry.target.id); else seen.delete(entry.target.id);
  }
  const first = [...links.keys()].find(id => seen.has(id));
  links.forEach((link, id) => (id === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
}, { rootMargin: "-10% 0px -60% 0px" });
document.querySelectorAll("main > section").forEach(section => watcher.observe(section));

// Numbers are folded behind their charts on a screen, and open on paper.
const folded = () => document.querySelectorAll("details.numbers:not([open])");
addEventListener("beforeprint", () => folded().forEach(details => { details.open = true; details.dataset.printed = ""; }));
addEventListener("afterprint", () => document.querySelectorAll("details[data-printed]").forEach(details => {
  details.open = false;
  delete details.dataset.printed;
}));
