// A timeline's slices, unpacked once, with the questions a drawing asks of them.

const timelines = data.timelines.map(timeline => ({
  ...timeline,
  lanes: timeline.lanes.map(lane => ({
    ...lane,
    slices: lane.slices.map(([begin, duration, activity, microbatch, stage, detail]) => ({
      begin: begin * timeline.tick,
      end: (begin + duration) * timeline.tick,
      activity: data.activities[activity],
      microbatch,
      stage,
      detail: timeline.details[detail],
    })),
  })),
}));

/** A measured receive includes the wait for its message. */
const named = activity => activity.key === "receive" && timelines.some(timeline => timeline.provenance === "measured")
  ? { ...activity, label: "receive, measured with its wait" }
  : activity;

/** The slice of a lane at a time; of those that overlap, the one that began last. */
const sliceAt = (lane, time) => lane.slices.findLastIndex(slice => slice.begin <= time && time <= slice.end);

/** The slice whose middle is nearest to a time. */
const sliceNear = (lane, time) => d3.leastIndex(lane.slices, slice => Math.abs((slice.begin + slice.end) / 2 - time));

const sliceText = (timeline, lane, slice) => {
  const what = slice.activity.label + (slice.microbatch >= 0 ? ` of micro-batch ${slice.microbatch}` : "");
  return [
    `${lane.name}: ${what}`,
    `${seconds(slice.end - slice.begin)}, from ${seconds(slice.begin)} to ${seconds(slice.end)} (${timeline.provenance})`,
    slice.detail,
  ].filter(line => line).join("\n");
};

/** Boxes of these slices as one path: thousands of them cost one element. */
const boxes = (slices, x, y, height, [from, to]) => slices
  .filter(slice => slice.end >= from && slice.begin <= to)
  .map(slice => {
    const left = x(Math.max(slice.begin, from)), full = x(Math.min(slice.end, to)) - left;
    const wide = full > 4 ? full - 1 : Math.max(full, 0.4);
    return `M${left.toFixed(2)},${y}h${wide.toFixed(2)}v${height}h${(-wide).toFixed(2)}z`;
  })
  .join("");
