// Each rank's step added up by activity: predicted above, measured below where there is one.

chart("activities", (canvas, width, { say }) => {
  const groups = timelines.map(timeline => ({
    timeline,
    rows: timeline.lanes.map(lane => ({
      lane,
      pieces: stacked([
        ...data.activities.map(activity => ({ ...activity, value: lane.busy[activity.key] ?? 0 })),
        { key: "idle", label: "idle", value: lane.idle },
      ].filter(piece => piece.value > 0)),
    })),
  }));
  const narrow = width < 640;
  const left = labelRoom(timelines.flatMap(timeline => timeline.lanes.map(lane => lane.name)), narrow), BAR = 18, STEP = BAR + (narrow ? 22 : 8), HEAD = 26;
  const largest = d3.max(timelines, timeline => timeline.length);
  const x = d3.scaleLinear([0, largest], [left, width - 6]);
  const height = d3.sum(groups, group => HEAD + group.rows.length * STEP + 8) + 24;
  const svg = drawing(canvas, width, height);
  const keys = new Set(groups.flatMap(group => group.rows.flatMap(row => row.pieces.map(piece => piece.key))));
  legend(canvas, [...data.activities.map(named), { key: "idle", label: "idle (bubble)" }].filter(item => keys.has(item.key)));
  let y = 0;
  for (const { timeline, rows } of groups) {
    svg.append("text").attr("class", "strong").attr("y", y + 15)
      .text(timeline.provenance === "measured" ? "Measured" : "Predicted (estimate)");
    y += HEAD;
    const row = svg.append("g").selectAll("g").data(rows).join("g")
      .attr("transform", (_, i) => `translate(0,${y + i * STEP + (narrow ? 14 : 0)})`);
    row.append("text").attr("class", "muted").attr("x", narrow ? 0 : left - 10).attr("y", narrow ? -4 : BAR / 2)
      .attr("dy", narrow ? 0 : "0.35em").attr("text-anchor", narrow ? "start" : "end").text(d => d.lane.name);
    explain(row.selectAll("rect").data(d => d.pieces.map(piece => ({ ...piece, lane: d.lane }))).join("rect")
      .attr("class", d => "bar " + d.key).attr("height", BAR)
      .attr("x", d => x(d.from)).attr("width", d => Math.max(0.5, x(d.to) - x(d.from) - 0.75)),
    d => `${d.lane.name}: ${d.label} ${seconds(d.value)}, ${percent(d.value / timeline.length)} of the step (${timeline.provenance})`);
    y += rows.length * STEP + 8;
  }
  axis(svg, x, height - 24, ticksIn(UNITS.seconds, largest));
  explorable(canvas, say);
});
