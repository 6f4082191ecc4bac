// Each part of a step twice: what was predicted (hollow) and what was measured (solid).

chart("comparison", (canvas, width, { say }) => {
  const measured = data.measured !== undefined;
  const rows = [
    { key: "whole", label: "whole step", predicted: data.predicted.step, measured: data.measured },
    ...data.comparison,
  ];
  const narrow = width < 560;
  const left = labelRoom(rows.map(row => row.label), narrow), right = narrow ? 62 : 84;
  const rowHeight = (measured ? 40 : 26) + (narrow ? 18 : 0);
  const height = rows.length * rowHeight + 30;
  const largest = d3.max(rows, row => Math.max(row.predicted ?? 0, row.measured ?? 0));
  const x = d3.scaleLinear([0, largest], [left, width - right]);
  const svg = drawing(canvas, width, height);
  const row = svg.selectAll(".entry").data(rows).join("g").attr("class", "entry")
    .attr("transform", (_, i) => `translate(0,${i * rowHeight + (narrow ? 18 : 0)})`);
  row.append("text").attr("x", narrow ? 0 : left - 12).attr("y", narrow ? -4 : (rowHeight - 8) / 2)
    .attr("dy", narrow ? 0 : "0.35em").attr("text-anchor", narrow ? "start" : "end")
    .classed("strong", d => d.key === "whole").text(d => d.label);
  const bars = (field, y, thick, style, word) => {
    const known = row.filter(d => d[field] !== undefined);
    explain(known.append("rect").attr("class", d => `bar ${style} ${d.key}`)
      .attr("x", x(0)).attr("y", y).attr("height", thick).attr("rx", 2)
      .attr("width", d => Math.max(1.5, x(d[field]) - x(0))),
    d => `${d.label}, ${word}: ${seconds(d[field])}`
      + (field === "measured" && d.predicted > 0 ? ` (${change(d.measured / d.predicted - 1)} against the prediction)` : ""));
    known.append("text").attr("x", d => x(d[field]) + 7).attr("y", y + thick / 2).attr("dy", "0.35em")
      .classed("muted", field === "predicted").text(d => seconds(d[field]));
  };
  bars("predicted", 1, 14, "hollow", "predicted (estimate)");
  if (measured) bars("measured", 17, 14, "solid", "measured");
  axis(svg, x, height - 26, ticksIn(UNITS.seconds, largest));
  explorable(canvas, say);
});
