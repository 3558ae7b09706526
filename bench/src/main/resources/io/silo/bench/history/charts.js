"use strict";
/* Draws lines of scores as SVG. It knows points, scales and the pointer; what a point means is the page's business. */
const Charts = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const HEIGHT = 188;
  const LEFT = 52;
  const RIGHT = 14;
  const TOP = 20;
  const BOTTOM = 22;
  const TICKS = 4;
  const SPAN_MIN = 0.1; // of the middle: less would blow noise up to the height of the chart
  const COLOURS = 6;
  const LABEL_WIDTH = 56;

  const colour = (index) => `var(--s${index % COLOURS})`;

  function add(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      element.setAttribute(key, value);
    }
    if (text !== undefined) {
      element.textContent = text;
    }
    parent.append(element);
    return element;
  }

  /** So many significant digits, with thousands set apart. */
  function number(value, significant = 4) {
    if (!Number.isFinite(value)) {
      return "–";
    }
    const digits = value === 0 ? 0 : Math.min(6, Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(value)))));
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  function tickText(value, step, max) {
    const [divisor, letter] = max >= 2e6 ? [1e6, " M"] : max >= 2e4 ? [1e3, " k"] : [1, ""];
    const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step / divisor) + 1e-9)));
    return (value / divisor).toFixed(digits) + letter;
  }

  function scale(points) {
    let low = Infinity;
    let high = -Infinity;
    for (const point of points) {
      low = Math.min(low, point.y, point.low);
      high = Math.max(high, point.y, point.high);
    }
    const middle = (low + high) / 2;
    const span = Math.max((high - low) * 1.1, Math.abs(middle) * SPAN_MIN, 1e-12);
    low = Math.max(middle - span / 2, Math.min(0, low));
    high = middle + span / 2;
    const rough = (high - low) / TICKS;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((wide) => wide >= rough);
    return { low, high, step, y: (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low)) };
  }

  function drawFrame(svg, width, vertical, chart) {
    const { low, high, step, y } = vertical;
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
      add(svg, "line", { class: "rule", x1: LEFT, x2: width - RIGHT, y1: y(at), y2: y(at) });
      add(svg, "text", { x: LEFT - 8, y: y(at) + 4, "text-anchor": "end" }, tickText(at, step, high));
    }
    if (chart.one && low < 1 && high > 1) {
      add(svg, "line", { class: "one", x1: LEFT, x2: width - RIGHT, y1: y(1), y2: y(1) });
    }
    const ends = chart.ends;
    add(svg, "text", { x: LEFT, y: HEIGHT - 4 }, ends[0]);
    if (ends[1] !== ends[0]) {
      add(svg, "text", { x: width - RIGHT, y: HEIGHT - 4, "text-anchor": "end" }, ends[1]);
    }
  }

  /** A dashed line for each step; where labels would lie on each other, the leftmost of a kind is told, and the others by their title. */
  function drawSteps(svg, lines, x, vertical) {
    const steps = lines.flatMap((line) =>
      line.changes.map((change) => ({
        at: (x(line.points[change.at - 1].x) + x(line.points[change.at].x)) / 2,
        kind: change.factor > 1 === line.higher ? "better" : "worse",
        factor: change.factor,
      })),
    );
    steps.sort((a, b) => a.at - b.at);
    let right = -LABEL_WIDTH;
    for (const { at, kind, factor } of steps) {
      const text = `${kind === "better" ? "▲" : "▼"} ${percent(factor - 1)}`;
      const mark = add(svg, "line", { class: `step ${kind}`, x1: at, x2: at, y1: TOP - 4, y2: HEIGHT - BOTTOM });
      add(mark, "title", {}, text);
      if (at - right >= LABEL_WIDTH) {
        add(svg, "text", { class: `mark ${kind}`, x: at, y: TOP - 8, "text-anchor": "middle" }, text);
        right = at;
      }
    }
  }

  function percent(part) {
    const digits = Math.abs(part) < 0.0995 ? 1 : 0;
    return `${part >= 0 ? "+" : "−"}${Math.abs(part * 100).toFixed(digits)} %`;
  }

  function drawLine(svg, line, x, vertical) {
    const stroke = `stroke:${colour(line.colour)}`;
    const path = line.points.map((point, i) => `${i ? "L" : "M"}${x(point.x).toFixed(1)},${vertical.y(point.y).toFixed(1)}`);
    for (const point of line.points) {
      if (point.high > point.low) {
        const at = x(point.x);
        add(svg, "line", { class: "whisker", style: stroke, x1: at, x2: at, y1: vertical.y(point.low), y2: vertical.y(point.high) });
      }
    }
    add(svg, "path", { class: "path", style: stroke, d: path.join("") });
    const radius = line.points.length > 60 ? 1.75 : 3;
    for (const point of line.points) {
      const fill = point.hollow ? "var(--card)" : colour(line.colour);
      add(svg, "circle", { class: "point", style: `${stroke};fill:${fill}`, cx: x(point.x), cy: vertical.y(point.y), r: radius });
    }
  }

  /** Lets pointer and arrow keys walk over the points, in order from left to right. */
  function listen(svg, points, show) {
    let at = -1;
    const cursor = add(svg, "line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
    const ring = add(svg, "circle", { class: "cursor", r: 6, fill: "none", visibility: "hidden" });
    const go = (index) => {
      at = index;
      for (const mark of [cursor, ring]) {
        mark.setAttribute("visibility", index < 0 ? "hidden" : "visible");
      }
      if (index < 0) {
        show(null);
        return;
      }
      const point = points[index];
      cursor.setAttribute("x1", point.left);
      cursor.setAttribute("x2", point.left);
      ring.setAttribute("cx", point.left);
      ring.setAttribute("cy", point.top);
      const box = svg.getBoundingClientRect();
      show(point.of, box.left + point.left, box.top + point.top);
    };
    const near = (event) => {
      const box = svg.getBoundingClientRect();
      const left = event.clientX - box.left;
      const top = event.clientY - box.top;
      let best = -1;
      let least = Infinity;
      points.forEach((point, i) => {
        // Across counts for more than up and down: who points above a commit means that commit.
        const distance = Math.abs(point.left - left) * 4 + Math.abs(point.top - top);
        if (distance < least) {
          least = distance;
          best = i;
        }
      });
      if (best !== at) {
        go(best);
      }
    };
    svg.addEventListener("pointermove", near);
    svg.addEventListener("pointerdown", near);
    svg.addEventListener("pointerleave", () => go(-1));
    svg.addEventListener("blur", () => go(-1));
    svg.addEventListener("keydown", (event) => {
      const last = points.length - 1;
      const next = { ArrowLeft: at < 0 ? last : Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last, Escape: -1 }[event.key];
      if (next !== undefined) {
        event.preventDefault();
        go(next);
      }
    });
  }

  /**
   * A chart of some width.
   * chart: {label, lines: [{points: [{x, y, low, high, hollow, of}], changes: [{at, factor}], higher, colour}], one, ends: [text, text]}
   * show(of, left, top) is told which point is pointed at, in pixels of the window; show(null) that none is.
   */
  function draw(chart, width, show) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", chart.label);
    const all = chart.lines.flatMap((line) => line.points);
    const vertical = scale(all);
    const first = Math.min(...all.map((point) => point.x));
    const last = Math.max(...all.map((point) => point.x));
    const room = width - LEFT - RIGHT;
    const x = (value) => (last > first ? LEFT + 6 + ((room - 12) * (value - first)) / (last - first) : LEFT + room / 2);
    drawFrame(svg, width, vertical, chart);
    drawSteps(svg, chart.lines, x, vertical);
    chart.lines.forEach((line) => drawLine(svg, line, x, vertical));
    const points = all.map((point) => ({ left: x(point.x), top: vertical.y(point.y), of: point.of }));
    points.sort((a, b) => a.left - b.left || a.top - b.top);
    listen(svg, points, show);
    return svg;
  }

  return { draw, number, percent, colour };
})();
