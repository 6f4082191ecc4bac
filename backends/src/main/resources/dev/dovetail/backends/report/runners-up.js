// The parts of a step under each plan, chosen first, on one scale.

chart("runners-up", (canvas, width, { say }) => {
  const plans = [
    { name: "the chosen plan", ...data.predicted, chosen: true },
    ...data.alternatives,
  ];
  const parts = partItems(plans.map(plan => plan.breakdown));
  legend(canvas, parts);
  const rows = plans.map(plan => ({
    ...plan,
    pieces: stacked(parts.map(part => ({ ...part, value: plan.breakdown[part.key] ?? 0, plan: plan.name }))
      .filter(piece => piece.value > 0)),
  }));
  const ROW = 46, BAR = 18, right = 130;
  const height = rows.length * ROW + 24;
  const largest = d3.max(rows, row => Math.max(row.step, row.pieces.at(-1)?.to ?? 0));
  const x = d3.scaleLinear([0, largest], [0, width - right]);
  const svg = drawing(canvas, width, height);
  const row = svg.selectAll(".entry").data(rows).join("g").attr("class", "entry")
    .attr("transform", (_, i) => `translate(0,${i * ROW})`);
  row.append("text").attr("y", 13).attr("class", d => d.chosen ? "strong" : "").text(d => d.name);
  explain(row.selectAll("rect").data(d => d.pieces).join("rect").attr("class", d => "bar " + d.key)
    .attr("y", 19).attr("height", BAR).attr("x", d => x(d.from)).attr("width", d => Math.max(0.5, x(d.to) - x(d.from) - 0.75)),
  d => `${d.plan}: ${d.label} ${seconds(d.value)} (estimate)`);
  row.append("text").attr("y", 19 + BAR / 2).attr("dy", "0.35em")
    .attr("x", d => x(Math.max(d.step, d.pieces.at(-1)?.to ?? 0)) + 8)
    .text(d => seconds(d.step) + (d.chosen ? "" : `  ${change(d.step / data.predicted.step - 1)}`));
  if (data.proof.unit === "s") {
    svg.append("line").attr("class", "limit-line").attr("x1", x(data.proof.bound)).attr("x2", x(data.proof.bound))
      .attr("y1", 17).attr("y2", height - 24);
  }
  axis(svg, x, height - 24, ticksIn(UNITS.seconds, largest));
  explorable(canvas, say);
});
