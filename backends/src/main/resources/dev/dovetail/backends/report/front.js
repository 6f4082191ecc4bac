// Plans to choose from, by the first two figures that they trade.

chart("front", (canvas, width, { say }) => {
  const points = data.front;
  const [across, up] = points[0].figures;
  const height = Math.max(200, Math.min(320, width * 0.45)), left = 76, bottom = 42;
  const reach = i => {
    const [least, most] = d3.extent(points, point => point.values[i]);
    const room = (most - least || most || 1) * 0.06;
    return [least - room, most + room];
  };
  const x = d3.scaleLinear(reach(0), [left, width - 14]);
  const y = d3.scaleLinear(reach(1), [height - bottom, 14]);
  const svg = drawing(canvas, width, height);
  svg.append("g").attr("class", "axis grid").attr("transform", `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(5).tickFormat(digits).tickSize(-(width - left - 14)).tickPadding(8));
  axis(svg, x, height - bottom, digits);
  svg.append("text").attr("class", "muted").attr("x", width - 14).attr("y", height - 4).attr("text-anchor", "end").text(across);
  svg.append("text").attr("class", "muted").attr("x", left).attr("y", 10).text(up);
  explain(svg.selectAll("circle.choice").data(points).join("circle").attr("class", "choice forward")
    .attr("cx", point => x(point.values[0])).attr("cy", point => y(point.values[1])).attr("r", 4),
  point => `${point.name}: ${point.figures.map((figure, i) => `${figure} ${digits(point.values[i])}`).join(", ")} (estimate)`);
  svg.selectAll("circle.ring").data(points.filter(point => point.chosen)).join("circle").attr("class", "ring")
    .attr("cx", point => x(point.values[0])).attr("cy", point => y(point.values[1])).attr("r", 8);
  explorable(canvas, say);
});
