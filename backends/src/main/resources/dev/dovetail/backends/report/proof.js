// A line of the objective: nothing left of the bound, then the plan, then those it beat.

chart("proof", (canvas, width, { say }) => {
  const { value, bound, unit, figure } = data.proof;
  const show = unit === "s" ? seconds : amount => `${digits(amount)} ${unit}`;
  const others = data.alternatives.map(other => ({ name: other.name, at: other.objective }));
  const high = Math.max(value, d3.max(others, other => other.at) ?? value);
  const low = Math.min(bound, value);
  const margin = Math.max((high - low) * 0.25, value * 0.02);
  const height = 108, line = 62, side = 10;
  const x = d3.scaleLinear([Math.max(0, low - margin), high + margin / 2], [side, width - side]);
  const svg = drawing(canvas, width, height);
  explain(svg.append("rect").attr("class", "bar idle").attr("x", side).attr("y", line - 14)
    .attr("width", Math.max(1, x(bound) - side)).attr("height", 28),
  `no plan: ${figure} below ${show(bound)} is impossible in the cost model`);
  svg.append("line").attr("class", "connector").attr("x1", side).attr("x2", width - side).attr("y1", line).attr("y2", line);
  svg.append("line").attr("class", "limit-line").attr("x1", x(bound)).attr("x2", x(bound)).attr("y1", line - 22).attr("y2", line + 18);
  const closed = Math.abs(value - bound) <= 1e-9 * Math.abs(value);
  const anchor = at => x(at) < 70 ? "start" : x(at) > width - 70 ? "end" : "middle";
  if (!closed) {
    svg.append("text").attr("class", "muted").attr("x", x(bound)).attr("y", 32).attr("text-anchor", anchor(bound)).text(`bound ${show(bound)}`);
  }
  svg.append("text").attr("class", "strong").attr("x", x(value)).attr("y", 14).attr("text-anchor", anchor(value))
    .text(closed ? `plan ${show(value)}, equal to the bound` : `plan ${show(value)}`);
  explain(svg.selectAll(".other").data(others).join("circle").attr("class", "other optimizer")
    .attr("cx", d => x(d.at)).attr("cy", line).attr("r", 5).style("fill-opacity", 0.65),
  d => `${d.name}: ${show(d.at)}, ${change(d.at / value - 1)} (estimate)`);
  explain(svg.append("circle").attr("class", "forward").attr("cx", x(value)).attr("cy", line).attr("r", 8),
    `the chosen plan: ${figure} ${show(value)} (estimate)`);
  axis(svg, x, height - 26, unit === "s" ? ticksIn(UNITS.seconds, high) : digits);
  explorable(canvas, say);
});
