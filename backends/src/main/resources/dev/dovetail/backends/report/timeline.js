// Ranks × time. All timelines share one time axis, so that predicted and measured can be read against each other.

chart("timeline", (canvas, width, { figure, say }) => {
  const NARROW = width < 640, LANE = NARROW ? 18 : 24, GAP = NARROW ? 20 : 6, HEAD = 26;
  const left = labelRoom(timelines.flatMap(timeline => timeline.lanes.map(lane => lane.name)), NARROW), right = 6;
  const length = d3.max(timelines, timeline => timeline.length);
  const x = d3.scaleLinear([0, length], [left, width - right]);
  const rows = [];
  let y = 0;
  const heads = timelines.map(timeline => {
    const head = { timeline, y };
    y += HEAD;
    for (const lane of timeline.lanes) {
      y += NARROW ? GAP - 6 : 0;
      rows.push({ timeline, lane, y });
      y += LANE + 6;
    }
    y += 10;
    return head;
  });
  const height = y + 20;
  let chosen = null, shown = null;

  const svg = drawing(canvas, width, height);
  svg.append("clipPath").attr("id", "timeline-clip").append("rect")
    .attr("x", left).attr("width", width - right - left).attr("height", height);
  const head = svg.selectAll(".head").data(heads).join("text").attr("y", d => d.y + 15).attr("class", "strong");
  head.append("tspan").text(d => d.timeline.provenance === "measured" ? "Measured" : "Predicted (estimate)");
  head.append("tspan").style("font-weight", 400).attr("class", "muted")
    .text(d => `  ${seconds(d.timeline.length)}, ${percent(d.timeline.idle)} idle${d.timeline.provenance === "measured" ? " or waiting" : ""}`);
  svg.append("g").selectAll("text").data(rows).join("text").attr("class", "muted")
    .attr("x", NARROW ? 0 : left - 10).attr("y", d => NARROW ? d.y - 4 : d.y + LANE / 2)
    .attr("dy", NARROW ? 0 : "0.35em").attr("text-anchor", NARROW ? "start" : "end").text(d => d.lane.name);
  const backs = svg.append("g").attr("clip-path", "url(#timeline-clip)").selectAll("rect").data(rows).join("rect")
    .attr("class", "lane-back").attr("y", d => d.y).attr("height", LANE);
  const plot = svg.append("g").attr("clip-path", "url(#timeline-clip)");
  const lanes = plot.selectAll("g").data(rows).join("g");
  const numbers = plot.append("g");
  const same = plot.append("path").attr("class", "same");
  const selection = plot.append("path").attr("class", "selection");
  const time = svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - 24})`);

  const present = data.activities.filter(activity =>
    rows.some(({ lane }) => lane.slices.some(slice => slice.activity === activity)));
  legend(canvas, [...present.map(named), { key: "idle", label: "idle (bubble)" }]);

  const microbatchNumbers = () => {
    const texts = rows.flatMap(({ lane, y: top }) => lane.slices
      .filter(slice => slice.microbatch >= 0 && slice.activity.key !== "send" && slice.activity.key !== "receive")
      .map(slice => ({ slice, top, wide: x(slice.end) - x(slice.begin) }))
      .filter(({ slice, wide }) => wide > 13 && slice.end > x.domain()[0] && slice.begin < x.domain()[1]));
    numbers.selectAll("text").data(texts.slice(0, 2000)).join("text").attr("class", "on-mark")
      .attr("x", d => (x(d.slice.begin) + x(d.slice.end)) / 2).attr("y", d => d.top + LANE / 2)
      .attr("dy", "0.36em").attr("text-anchor", "middle").text(d => d.slice.microbatch);
  };

  const highlight = () => {
    const current = chosen ?? shown;
    const slice = current && rows[current.row].lane.slices[current.slice];
    selection.attr("d", slice ? boxes([slice], x, rows[current.row].y, LANE, x.domain()) : null);
    const alike = !slice || slice.microbatch < 0 ? [] : rows.filter(row => row.timeline === rows[current.row].timeline);
    same.attr("d", alike.map(row =>
      boxes(row.lane.slices.filter(other => other.microbatch === slice.microbatch), x, row.y, LANE, x.domain())).join(""));
  };

  const draw = () => {
    backs.attr("x", x(0)).attr("width", d => x(d.timeline.length) - x(0));
    lanes.selectAll("path")
      .data(row => present.map(activity => ({ row, activity })))
      .join("path")
      .attr("class", d => "bar " + d.activity.key)
      .attr("d", ({ row, activity }) =>
        boxes(row.lane.slices.filter(slice => slice.activity === activity), x, row.y, LANE, x.domain()));
    microbatchNumbers();
    time.call(d3.axisBottom(x).ticks(tickCount(x)).tickFormat(ticksIn(UNITS.seconds, length)).tickSizeOuter(0));
    highlight();
    tools.selectAll("button").property("disabled", d => d.idle?.() ?? false);
  };

  // --- zoom ---

  const view = (from, to) => {
    const span = Math.min(length, Math.max(to - from, length / 2000));
    const start = Math.max(0, Math.min(from, length - span));
    x.domain([start, start + span]);
    draw();
  };
  const zoom = (factor, around) => {
    const [from, to] = x.domain();
    view(around - (around - from) / factor, around + (to - around) / factor);
  };
  const centre = () => {
    const slice = chosen && rows[chosen.row].lane.slices[chosen.slice];
    return slice ? (slice.begin + slice.end) / 2 : d3.mean(x.domain());
  };
  const whole = () => x.domain()[0] === 0 && x.domain()[1] === length;
  let tools = figure.select(".tools");
  if (tools.empty()) tools = figure.insert("div", ".canvas").attr("class", "tools");
  tools.selectAll("button").data([
    { label: "Zoom in", act: () => zoom(2, centre()) },
    { label: "Zoom out", act: () => zoom(0.5, centre()), idle: whole },
    { label: "Whole step", act: () => view(0, length), idle: whole },
  ]).join("button").attr("type", "button").text(d => d.label).on("click", (_, d) => d.act());
  canvas.on("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, x.invert(d3.pointer(event, svg.node())[0]));
  });
  canvas.call(d3.drag().filter(event => !whole() && event.button === 0).on("drag", event => {
    const [from, to] = x.domain(), shift = event.dx / (x(1) - x(0));
    view(from - shift, to - shift);
  }));

  // --- pointer and keyboard ---

  const rowAt = top => rows.findIndex(row => top >= row.y && top <= row.y + LANE);
  canvas.on("pointermove", event => {
    const [px, py] = d3.pointer(event, svg.node());
    const row = rowAt(py), at = x.invert(px);
    const slice = row < 0 || px < left ? -1 : sliceAt(rows[row].lane, at);
    shown = slice < 0 ? null : { row, slice };
    if (shown) tip.show(sliceText(rows[row].timeline, rows[row].lane, rows[row].lane.slices[slice]), event.clientX, event.clientY);
    else if (row >= 0 && px >= left && at <= rows[row].timeline.length) tip.show(`${rows[row].lane.name}: idle`, event.clientX, event.clientY);
    else tip.hide();
    if (!chosen) highlight();
  });
  canvas.on("pointerleave", () => { shown = null; tip.hide(); if (!chosen) highlight(); });

  const choose = (row, slice) => {
    const lane = rows[row].lane;
    if (lane.slices.length === 0) return;
    chosen = { row, slice: Math.max(0, Math.min(lane.slices.length - 1, slice)) };
    const now = lane.slices[chosen.slice], [from, to] = x.domain();
    if (now.begin < from || now.end > to) view((now.begin + now.end) / 2 - (to - from) / 2, (now.begin + now.end) / 2 + (to - from) / 2);
    highlight();
    const text = sliceText(rows[row].timeline, lane, now);
    tip.showAt(selection.node(), text);
    say(text);
  };
  const along = step => chosen ? choose(chosen.row, chosen.slice + step) : choose(0, 0);
  const across = step => {
    if (!chosen) return choose(0, 0);
    const row = Math.max(0, Math.min(rows.length - 1, chosen.row + step));
    const now = rows[chosen.row].lane.slices[chosen.slice];
    choose(row, sliceNear(rows[row].lane, (now.begin + now.end) / 2));
  };
  const keys = {
    ArrowRight: () => along(1), ArrowLeft: () => along(-1), ArrowDown: () => across(1), ArrowUp: () => across(-1),
    Home: () => choose(chosen?.row ?? 0, 0), End: () => choose(chosen?.row ?? 0, Infinity),
    "+": () => zoom(2, centre()), "=": () => zoom(2, centre()), "-": () => zoom(0.5, centre()), 0: () => view(0, length),
    Escape: () => { chosen = null; tip.hide(); highlight(); },
  };
  canvas.on("keydown", event => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  canvas.on("blur", () => { chosen = null; tip.hide(); highlight(); });
  draw();
});
