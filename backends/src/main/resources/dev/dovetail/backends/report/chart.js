// What every chart uses: the data, numbers in words, tooltips, keyboard, legends.

const data = JSON.parse(document.getElementById("report-data").textContent);

const UNITS = {
  seconds: [["ns", 1e-9], ["us", 1e-6], ["ms", 1e-3], ["s", 1], ["min", 60], ["h", 3600], ["days", 86400]],
  bytes: [["B", 1], ["kB", 1e3], ["MB", 1e6], ["GB", 1e9], ["TB", 1e12], ["PB", 1e15]],
};

/** Four significant digits, without trailing zeros. */
const digits = value => Math.abs(value) >= 1e3
  ? Math.round(value).toLocaleString("en")
  : String(Number(value.toPrecision(4)));

/** The largest unit in which the value is at least one. */
const unitOf = (value, ladder) => ladder.findLast(([, size]) => Math.abs(value) >= size * 0.99995) ?? ladder[0];
const inUnit = ladder => value => {
  if (value === 0) return "0 " + ladder.find(([, size]) => size === 1)[0];
  const [name, size] = unitOf(value, ladder);
  return digits(value / size) + " " + name;
};
const seconds = inUnit(UNITS.seconds);
const bytes = inUnit(UNITS.bytes);
const percent = share => (100 * share).toFixed(Math.abs(share) < 0.1 ? 2 : 1) + " %";
const change = share => share >= 9 ? "×" + (1 + share).toFixed(1) : (share < 0 ? "−" : "+") + (100 * Math.abs(share)).toFixed(1) + " %";

/** Ticks of one axis share the unit of its largest value. */
const ticksIn = (ladder, largest) => {
  const [name, size] = unitOf(largest, ladder);
  return value => value === 0 ? "0" : digits(value / size) + " " + name;
};

const tip = (() => {
  const box = d3.select(document.body).append("div").attr("class", "tip").attr("hidden", "").attr("aria-hidden", "true");
  return {
    show(text, x, y) {
      box.attr("hidden", null).text(text);
      const { width, height } = box.node().getBoundingClientRect();
      const left = Math.max(6, Math.min(x + 14, innerWidth - width - 8));
      const top = y + 18 + height > innerHeight ? y - height - 12 : y + 18;
      box.style("left", left + "px").style("top", top + "px");
    },
    showAt(element, text) {
      const place = element.getBoundingClientRect();
      this.show(text, place.left + Math.min(place.width, 40) / 2, place.bottom - 12);
    },
    hide() { box.attr("hidden", ""); },
  };
})();

/** Draws `draw(canvas, width)` into the figure of that name, now and whenever its width changes. */
const chart = (name, draw) => {
  const figure = d3.select(`[data-chart="${name}"]`);
  if (figure.empty()) return;
  const canvas = figure.select(".canvas")
    .attr("tabindex", 0)
    .attr("role", "group")
    .attr("aria-roledescription", "chart")
    .attr("aria-label", figure.attr("data-label"));
  const live = figure.append("p").attr("class", "unseen").attr("aria-live", "polite");
  let drawn = 0;
  const redraw = () => {
    const width = Math.floor(canvas.node().clientWidth);
    if (width < 1 || width === drawn) return;
    drawn = width;
    draw(canvas, width, { figure, say: text => live.text(text) });
  };
  redraw();
  new ResizeObserver(redraw).observe(canvas.node());
};

/** Clears the canvas and starts a drawing of that size. */
const drawing = (parent, width, height) => {
  parent.selectAll("svg").remove();
  return parent.append("svg")
    .attr("viewBox", `0 0 ${width} ${height}`)
    .attr("width", width)
    .attr("height", height)
    .attr("aria-hidden", "true");
};

/** Marks carry what they say; pointing at one or stepping to it with the arrow keys shows that. */
const explain = (marks, text) => marks.classed("mark", true).attr("data-tip", text);
const explorable = (canvas, say) => {
  const marks = canvas.selectAll(".mark").nodes();
  let at = -1;
  const leave = () => { d3.select(marks[at]).classed("current", false); tip.hide(); };
  const go = next => {
    leave();
    at = Math.max(0, Math.min(marks.length - 1, next));
    const mark = d3.select(marks[at]).classed("current", true);
    tip.showAt(marks[at], mark.attr("data-tip"));
    say(mark.attr("data-tip"));
  };
  const keys = {
    ArrowRight: () => go(at + 1), ArrowDown: () => go(at + 1),
    ArrowLeft: () => go(at - 1), ArrowUp: () => go(at - 1),
    Home: () => go(0), End: () => go(marks.length - 1),
    Escape: () => { leave(); at = -1; },
  };
  canvas.on("keydown.explore", event => {
    if (!keys[event.key] || marks.length === 0) return;
    event.preventDefault();
    keys[event.key]();
  });
  canvas.on("blur.explore", leave);
  canvas.on("pointermove.explore", event => {
    const mark = event.target.closest?.(".mark");
    if (mark) tip.show(mark.getAttribute("data-tip"), event.clientX, event.clientY); else tip.hide();
  });
  canvas.on("pointerleave.explore", () => tip.hide());
};

/** Swatches with names; `before` is where they go. */
const legend = (canvas, items) => {
  const figure = d3.select(canvas.node().parentNode);
  let list = figure.select(".legend");
  if (list.empty()) list = figure.insert("ul", ".canvas").attr("class", "legend");
  const entry = list.selectAll("li").data(items).join("li");
  entry.selectAll("*").remove();
  entry.append("svg").attr("viewBox", "0 0 12 12").attr("aria-hidden", "true")
    .append("rect").attr("x", 1).attr("y", 1).attr("width", 10).attr("height", 10).attr("rx", 2)
    .attr("class", item => "bar " + item.key);
  entry.append("span").text(item => item.label);
};

/** What names the parts of a step's time that occur among these breakdowns. */
const partItems = breakdowns => Object.entries(data.parts)
  .filter(([key]) => breakdowns.some(parts => parts[key] > 0))
  .map(([key, label]) => ({ key, label }));

/** Bars one after the other along x: [{key, label, value}] become placed pieces. */
const stacked = pieces => {
  let from = 0;
  return pieces.map(piece => ({ ...piece, from, to: (from += piece.value) }));
};

const tickCount = x => Math.max(2, Math.min(9, Math.floor((x.range()[1] - x.range()[0]) / 85)));

/** Room for labels beside their rows; none on a narrow screen, where they go above. */
const labelRoom = (labels, narrow) => (narrow ? 0 : Math.min(240, 18 + 6.4 * d3.max(labels, label => label.length)));

/** As many ticks as have room for their labels. */
const axis = (svg, x, y, format) => svg.append("g")
  .attr("class", "axis")
  .attr("transform", `translate(0,${y})`)
  .call(d3.axisBottom(x).ticks(tickCount(x)).tickFormat(format).tickSizeOuter(0));

// Hatching for whatever is empty or ruled out, and for waiting; shared by all charts of the page.
{
  const patterns = d3.select(document.body).append("svg").attr("class", "unseen").attr("aria-hidden", "true").append("defs");
  for (const [id, line] of [["hatch", "hatch-line"], ["hatch-receive", "hatch-line waiting"]]) {
    patterns.append("pattern").attr("id", id)
      .attr("width", 6).attr("height", 6).attr("patternUnits", "userSpaceOnUse").attr("patternTransform", "rotate(45)")
      .append("line").attr("class", line).attr("y2", 6);
  }
}
