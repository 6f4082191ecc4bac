// Lines over steps; a crosshair follows the pointer and the arrow keys.

const steps = data.training?.step ?? [];

/** The mean of the values around each, over a fiftieth of the run. */
const smooth = values => {
  const reach = Math.max(1, Math.floor(values.length / 100));
  const sums = [0, ...d3.cumsum(values)];
  return values.map((_, i) => {
    const from = Math.max(0, i - reach), to = Math.min(values.length, i + reach + 1);
    return (sums[to] - sums[from]) / (to - from);
  });
};

const series = (name, values, { colour, format, zero, guide }) => chart(name, (canvas, width, { say }) => {
  const height = Math.max(180, Math.min(300, width * 0.38)), left = 58, bottom = 38;
  const reach = guide === undefined ? values : [...values, guide.value];
  const x = d3.scaleLinear(d3.extent(steps), [left, width - 14]);
  const y = d3.scaleLinear([zero ? 0 : d3.min(reach), d3.max(reach)], [height - bottom, 12]).nice();
  const svg = drawing(canvas, width, height);
  svg.append("g").attr("class", "axis grid").attr("transform", `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(5).tickFormat(format).tickSize(-(width - left - 14)).tickPadding(8));
  axis(svg, x, height - bottom, d3.format("~d"));
  svg.append("text").attr("class", "muted").attr("x", width - 14).attr("y", height - 3).attr("text-anchor", "end").text("step");
  const path = d3.line((_, i) => x(steps[i]), d => y(d));
  svg.append("path").attr("class", `line faint ${colour}`).attr("d", path(values));
  svg.append("path").attr("class", `line ${colour}`).attr("d", path(smooth(values)));
  if (guide) {
    svg.append("line").attr("class", "limit-line").attr("x1", left).attr("x2", width - 14).attr("y1", y(guide.value)).attr("y2", y(guide.value));
    svg.append("text").attr("class", "muted").attr("x", width - 14).attr("y", y(guide.value) - 6).attr("text-anchor", "end").text(guide.label);
  }
  const cross = svg.append("line").attr("class", "crosshair").attr("y1", 12).attr("y2", height - bottom).attr("visibility", "hidden");
  const dot = svg.append("circle").attr("class", colour).attr("r", 4).attr("visibility", "hidden");
  let at = -1;
  const show = i => {
    at = Math.max(0, Math.min(steps.length - 1, i));
    cross.attr("visibility", null).attr("x1", x(steps[at])).attr("x2", x(steps[at]));
    dot.attr("visibility", null).attr("cx", x(steps[at])).attr("cy", y(values[at]));
    return `step ${steps[at]}: ${format(values[at])} (measured)`;
  };
  const hide = () => { cross.attr("visibility", "hidden"); dot.attr("visibility", "hidden"); tip.hide(); };
  canvas.on("pointermove", event => {
    const text = show(d3.bisectCenter(steps, x.invert(d3.pointer(event, svg.node())[0])));
    tip.show(text, event.clientX, event.clientY);
  });
  canvas.on("pointerleave", hide).on("blur", hide);
  canvas.on("keydown", event => {
    const stride = event.shiftKey ? Math.max(1, Math.floor(steps.length / 20)) : 1;
    const next = { ArrowRight: at + stride, ArrowLeft: at - stride, Home: 0, End: steps.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const text = show(next);
    tip.showAt(dot.node(), text);
    say(text);
  });
});

if (steps.length > 0) {
  series("loss", data.training.loss, { colour: "forward", format: value => `${digits(value)}`, zero: false });
  series("speed", data.training.speed, {
    colour: "collective", format: value => digits(value), zero: true,
    guide: { value: data.training.predictedSpeed, label: "predicted (estimate)" },
  });
}
