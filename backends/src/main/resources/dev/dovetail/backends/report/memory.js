// One waterfall a stage: each part starts where the one above ends, up to the peak, with the limit as a line.

chart("memory", (canvas, width, { say }) => {
  canvas.selectAll("*").remove();
  const grid = canvas.append("div").attr("class", "multiples");
  const cell = grid.selectAll("div").data(data.memory).join("div");
  const most = d3.max(data.memory, stage => Math.max(stage.total, stage.measured ?? 0));
  const limit = d3.max(data.memory, stage => stage.limit ?? 0);
  // A limit far away would squeeze the bars into nothing; then it is told in words.
  const near = limit > 0 && limit <= 4 * most;
  const top = near ? Math.max(limit, most) : most;

  cell.each(function (stage) {
    const box = d3.select(this);
    const wide = Math.floor(this.clientWidth), left = 104, ROW = 24, BAR = 16, head = 26;
    const rows = [
      ...stacked([
        ...stage.parts.map(part => ({ ...part, value: part.planned })),
        ...(stage.gaps > 0.002 * stage.total ? [{ key: "idle", label: "gaps", value: stage.gaps }] : []),
      ]),
      { key: "whole", label: "peak", value: stage.total, from: 0, to: stage.total, measured: stage.measured },
    ];
    const height = head + rows.length * ROW + 28;
    const x = d3.scaleLinear([0, top], [left, wide - 70]);
    const svg = drawing(box, wide, height);
    svg.append("text").attr("class", "strong").attr("y", 14).text(stage.name);
    if (stage.limit) {
      svg.append("text").attr("class", "muted").attr("x", wide).attr("y", 14).attr("text-anchor", "end")
        .text(`${percent(stage.total / stage.limit)} of ${bytes(stage.limit)}`);
    }
    const row = svg.selectAll(".entry").data(rows).join("g").attr("class", "entry")
      .attr("transform", (_, i) => `translate(0,${head + i * ROW})`);
    row.append("text").attr("x", left - 10).attr("y", BAR / 2).attr("dy", "0.35em").attr("text-anchor", "end")
      .attr("class", d => d.key === "whole" ? "strong" : "muted").text(d => d.label);
    row.filter((_, i) => i < rows.length - 1).append("line").attr("class", "connector")
      .attr("x1", d => x(d.to)).attr("x2", d => x(d.to)).attr("y1", BAR).attr("y2", ROW);
    explain(row.append("rect").attr("class", d => "bar " + d.key).attr("height", BAR).attr("rx", 2)
      .attr("x", d => x(d.from)).attr("width", d => Math.max(1, x(d.to) - x(d.from))),
    d => `${stage.name}, ${d.label}: ${bytes(d.value)} planned (estimate)`
      + (d.measured === undefined ? "" : `\nmeasured ${bytes(d.measured)}`));
    const told = row.filter(d => d.measured !== undefined);
    told.append("path").attr("class", "diamond").attr("d", d3.symbol(d3.symbolDiamond, 44))
      .attr("transform", d => `translate(${x(d.from + d.measured)},${BAR / 2})`);
    row.append("text").attr("y", BAR / 2).attr("dy", "0.35em")
      .attr("x", d => Math.max(x(d.to), x(d.from + (d.measured ?? 0)) + 4) + 7).text(d => bytes(d.value));
    if (near && stage.limit) {
      svg.append("line").attr("class", "limit-line").attr("x1", x(stage.limit)).attr("x2", x(stage.limit))
        .attr("y1", head - 6).attr("y2", height - 24);
      svg.append("text").attr("class", "muted").attr("x", x(stage.limit) + 5).attr("y", height - 34).text("limit");
    }
    axis(svg, x, height - 24, ticksIn(UNITS.bytes, top));
  });
  explorable(canvas, say);
});
