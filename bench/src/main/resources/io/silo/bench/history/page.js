/* Joins data, controls, tables and charts. All that comes from the data is set as text. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const state = { filter: "", machine: "", value: "both", axis: "commits", from: 0, to: data.commits.length - 1, sort: "name", down: false };
  const NOISE_MIN = 0.005; // changes below are shown as none

  function make(parent, name, properties, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key === "class") {
        element.className = value;
      } else if (key in element) {
        element[key] = value;
      } else {
        element.setAttribute(key, value);
      }
    }
    element.append(...children);
    if (parent) {
      parent.append(element);
    }
    return element;
  }

  const commitOf = (point) => data.commits[data.runs[point.run].commit];
  const day = (time) => time.slice(0, 10);
  const seriesOf = (point, series) => ({ point, series });

  // ---- figures of a series

  function summary(series) {
    const points = series.points;
    const latest = points[points.length - 1];
    const previous = points.length > 1 ? points[points.length - 2] : null;
    const best = points.reduce((a, b) => (b.score > a.score === series.higher ? b : a));
    return { series, latest, previous, best, toPrevious: previous && quotient(latest, previous), toBest: best === latest ? null : quotient(latest, best) };
  }

  /** B/A with its interval: relative errors add as squares. Null ends if one of the two has no error. */
  function quotient(b, a) {
    const value = b.score / a.score;
    if (b.error === null || a.error === null) {
      return { value, low: null, high: null };
    }
    const relative = Math.hypot(b.error / b.score, a.error / a.score);
    return { value, low: value * Math.exp(-relative), high: value * Math.exp(relative) };
  }

  function direction(ratio, higher) {
    if (!ratio || Math.abs(ratio.value - 1) < NOISE_MIN || (ratio.low !== null && ratio.low <= 1 && ratio.high >= 1)) {
      return "";
    }
    return ratio.value > 1 === higher ? "better" : "worse";
  }

  // ---- what is shown

  function isShown(series) {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const text = `${series.benchmark} ${series.params} ${series.durability} ${series.unit}`.toLowerCase();
    return (state.machine === "" || data.machines[series.machine].id === state.machine) && words.every((word) => text.includes(word));
  }

  const shown = () => data.series.filter(isShown);

  function groups() {
    const charts = new Map();
    for (const series of shown()) {
      const key = [series.benchmark, series.params, series.mode, series.unit].join("\n");
      if (!charts.has(key)) {
        charts.set(key, []);
      }
      charts.get(key).push(series);
    }
    const all = [...charts.values()];
    return [
      { title: "Throughput", note: "more is better", charts: all.filter(([s]) => s.higher && !s.baseline) },
      { title: "Latency and time", note: "less is better", charts: all.filter(([s]) => !s.higher && !s.baseline) },
      { title: "Baselines", note: "what the machine does without Silo; ratios are to these", charts: all.filter(([s]) => s.baseline) },
    ].filter((group) => group.charts.length > 0);
  }

  // ---- charts

  function lineOf(series, field) {
    const kept = series.points.map((point, index) => ({ point, index })).filter(({ point }) => point[field] !== undefined);
    const place = new Map(kept.map(({ index }, i) => [index, i]));
    const points = kept.map(({ point }) => {
      const y = point[field];
      const isScore = field === "score";
      const error = point.error === null ? 0 : point.error;
      return {
        x: state.axis === "dates" ? Date.parse(commitOf(point).date) : data.runs[point.run].commit,
        y,
        low: isScore ? Math.max(0, y - error) : point.low, // no score is below 0, whatever its interval says
        high: isScore ? y + error : point.high,
        hollow: data.runs[point.run].dirty,
        of: seriesOf(point, series),
      };
    });
    const changes = (field === "score" ? series.changes : series.ratio_changes).map(({ at, factor }) => ({ at: place.get(at), factor }));
    return { points, changes, higher: series.higher, colour: series.machine };
  }

  /** Commits that no shown point has take no room along the axis. */
  function closeGaps(lines) {
    const used = [...new Set(lines.flatMap((line) => line.points.map((point) => point.x)))].sort((a, b) => a - b);
    const rank = new Map(used.map((x, i) => [x, i]));
    lines.forEach((line) => line.points.forEach((point) => (point.x = rank.get(point.x))));
  }

  function plot(figure, list, field, caption) {
    const lines = list.map((series) => lineOf(series, field)).filter((line) => line.points.length > 0);
    const all = lines.flatMap((line) => line.points).sort((a, b) => a.x - b.x);
    const ends = [all[0], all[all.length - 1]].map(({ of }) => (state.axis === "dates" ? day(commitOf(of.point).date) : commitOf(of.point).short));
    if (state.axis === "commits") {
      closeGaps(lines);
    }
    const label = `${list[0].benchmark} ${list[0].params}, ${caption}, ${all.length} points. Arrow keys walk over them.`;
    const width = Math.max(200, Math.floor(figure.clientWidth));
    figure.append(Charts.draw({ label, lines, ends, one: field === "ratio" }, width, showTip));
  }

  function chart(parent, list) {
    const last = summary(list[list.length - 1]);
    const { series, latest, toPrevious } = last;
    const article = make(parent, "article", { class: "chart card" });
    const head = make(article, "header");
    const title = make(head, "div", {}, make(null, "h3", { textContent: series.benchmark }));
    const facts = [series.params, series.durability === "none" ? "" : series.durability].filter(Boolean).join(" · ");
    make(title, "p", { textContent: facts || "\u00a0" });
    const now = make(head, "div", { class: "now" });
    make(now, "strong", { textContent: Charts.number(latest.score) });
    now.append(` ${series.unit}`);
    if (list.length > 1) {
      now.append(" on ", make(null, "code", { textContent: data.machines[series.machine].id }));
    }
    if (toPrevious) {
      const kind = direction(toPrevious, series.higher);
      make(now, "p", {}, make(null, "span", { class: kind, textContent: `${arrow(kind)}${Charts.percent(toPrevious.value - 1)}` }), " to the run before");
    }
    const hasRatio = list.some((one) => one.points.some((point) => point.ratio !== undefined));
    const fields = state.value === "both" ? ["score", "ratio"] : [state.value];
    const wanted = hasRatio ? fields : ["score"];
    const plots = make(article, "div", { class: wanted.length > 1 ? "plots twin" : "plots" });
    const figures = wanted.map((field) => {
      const base = list.flatMap((one) => one.points).map((point) => point.to).filter(Boolean).pop();
      const caption = field === "score" ? series.unit : `ratio to ${base}`;
      const figure = make(plots, "figure", {}, make(null, "figcaption", { textContent: caption, title: caption }));
      return () => plot(figure, list, field, caption);
    });
    return () => figures.forEach((draw) => draw());
  }

  function drawCharts() {
    const charts = byId("charts");
    charts.replaceChildren();
    showTip(null);
    if (data.machines.length > 1) {
      const key = make(charts, "ul", { class: "key", "aria-label": "Machines" });
      data.machines.forEach((machine, index) => {
        if (state.machine === "" || state.machine === machine.id) {
          make(key, "li", {}, make(null, "i", { style: `background:${Charts.colour(index)}` }), make(null, "code", { textContent: machine.id }), ` ${machine.text}`);
        }
      });
    }
    const draws = [];
    for (const group of groups()) {
      const section = make(charts, "section", { class: "group" });
      make(section, "h2", {}, `${group.title} `, make(null, "small", { textContent: `${group.charts.length} · ${group.note}` }));
      const grid = make(section, "div", { class: "grid" });
      group.charts.forEach((list) => draws.push(chart(grid, list)));
    }
    // Widths are known when all are in the page, and reading them all before drawing lays it out once.
    draws.forEach((draw) => draw());
    if (draws.length === 0) {
      make(charts, "p", { class: "card", textContent: "Nothing matches the filter." });
    }
  }

  // ---- the tip

  function showTip(of, left, top) {
    const tip = byId("tip");
    tip.hidden = !of;
    if (!of) {
      return;
    }
    const { point, series } = of;
    const run = data.runs[point.run];
    const commit = commitOf(point);
    const error = point.error === null ? "" : ` ± ${Charts.number(point.error, 2)}`;
    const rows = [
      ["Score", `${Charts.number(point.score)}${error} ${series.unit}`],
      point.ratio === undefined ? null : ["Ratio", `${Charts.number(point.ratio)} (${Charts.number(point.low)} to ${Charts.number(point.high)})`],
      ...Object.entries(point.percentiles || {}).sort(([a], [b]) => a - b).map(([name, value]) => [name === "100" ? "max" : `p${name}`, `${Charts.number(value)} ${series.unit}`]),
      ["Committed", commit.date.slice(0, 16).replace("T", " ")],
      ["Machine", data.machines[run.machine].id],
      ["Run", `${run.suite}, Java ${run.jvm.split("+")[0]}${run.dirty ? ", local changes" : ""}`],
    ];
    const list = make(null, "dl");
    rows.filter(Boolean).forEach(([name, value]) => list.append(make(null, "dt", { textContent: name }), make(null, "dd", { textContent: value })));
    tip.replaceChildren(make(null, "b", {}, make(null, "code", { textContent: commit.short }), ` ${commit.subject}`), list);
    const box = tip.getBoundingClientRect();
    const fits = left + 14 + box.width < innerWidth - 8;
    tip.style.left = `${Math.max(8, fits ? left + 14 : left - box.width - 14)}px`;
    tip.style.top = `${Math.max(8, Math.min(innerHeight - box.height - 8, top - box.height / 2))}px`;
  }

  // ---- tables

  const arrow = (kind) => ({ better: "▲ ", worse: "▼ " })[kind] || "";

  function changeCell(row, ratio, higher, none) {
    const kind = direction(ratio, higher);
    make(row, "td", { class: "number" }, ratio ? make(null, "span", { class: kind || "quiet", textContent: `${arrow(kind)}${Charts.percent(ratio.value - 1)}` }) : make(null, "span", { class: "quiet", textContent: none }));
  }

  function scoreCell(row, point) {
    const cell = make(row, "td", { class: "number" });
    if (!point) {
      cell.append("–");
      return;
    }
    cell.append(Charts.number(point.score));
    if (point.error !== null) {
      make(cell, "span", { class: "error", textContent: ` ± ${Charts.number(point.error, 2)}` });
    }
  }

  function nameCells(row, series) {
    make(row, "td", { textContent: series.benchmark });
    make(row, "td", { class: "quiet", textContent: series.params || "–" });
    if (data.machines.length > 1) {
      make(row, "td", {}, make(null, "code", { textContent: data.machines[series.machine].id }));
    }
  }

  const goodness = (ratio, series) => (ratio ? (series.higher ? ratio.value : 1 / ratio.value) : 1);
  const COLUMNS = [
    { key: "name", title: "Benchmark", of: (s) => s.series.benchmark },
    { key: "params", title: "Parameters", of: (s) => s.series.params },
    { key: "machine", title: "Machine", of: (s) => data.machines[s.series.machine].id },
    { key: "score", title: "Latest", number: true, of: (s) => s.latest.score },
    { key: "unit", title: "Unit", of: (s) => s.series.unit },
    { key: "previous", title: "vs previous", number: true, of: (s) => goodness(s.toPrevious, s.series) },
    { key: "best", title: "vs best", number: true, of: (s) => goodness(s.toBest, s.series) },
    { key: "ratio", title: "Ratio", number: true, of: (s) => s.latest.ratio || 0 },
    { key: "step", title: "Last step", of: (s) => (s.series.changes.length ? data.runs[s.series.points[s.series.changes.at(-1).at].run].commit : -1) },
    { key: "runs", title: "Runs", number: true, of: (s) => s.series.points.length },
  ];

  function drawLatest() {
    const table = byId("latest");
    table.replaceChildren();
    const columns = COLUMNS.filter((column) => column.key !== "machine" || data.machines.length > 1);
    const head = make(make(table, "thead"), "tr");
    for (const column of columns) {
      const sorted = state.sort === column.key ? (state.down ? "descending" : "ascending") : "none";
      const cell = make(head, "th", { scope: "col", class: column.number ? "number" : "", "aria-sort": sorted });
      const button = make(cell, "button", { type: "button", textContent: column.title });
      button.addEventListener("click", () => {
        state.down = state.sort === column.key ? !state.down : false;
        state.sort = column.key;
        drawLatest();
        table.querySelectorAll("thead button")[columns.indexOf(column)].focus();
      });
    }
    const rows = shown().map(summary);
    const { of } = COLUMNS.find((column) => column.key === state.sort);
    const sign = state.down ? -1 : 1;
    rows.sort((a, b) => sign * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
    const body = make(table, "tbody");
    for (const one of rows) {
      const row = make(body, "tr");
      nameCells(row, one.series);
      scoreCell(row, one.latest);
      make(row, "td", { class: "quiet", textContent: one.series.unit });
      changeCell(row, one.toPrevious, one.series.higher, "first run");
      changeCell(row, one.toBest, one.series.higher, one.previous ? "is the best" : "–");
      make(row, "td", { class: "number", textContent: one.latest.ratio === undefined ? "–" : Charts.number(one.latest.ratio), title: one.latest.to || "" });
      const step = one.series.changes.at(-1);
      const cell = make(row, "td", { textContent: step ? "" : "–" });
      if (step) {
        const kind = step.factor > 1 === one.series.higher ? "better" : "worse";
        make(cell, "span", { class: kind, textContent: `${arrow(kind)}${Charts.percent(step.factor - 1)}` });
        make(cell, "code", { class: "quiet", textContent: ` ${commitOf(one.series.points[step.at]).short}`, title: commitOf(one.series.points[step.at]).subject });
      }
      make(row, "td", { class: "number", textContent: one.series.points.length });
    }
  }

  function drawCompare() {
    const table = byId("compare");
    table.replaceChildren();
    const head = make(make(table, "thead"), "tr");
    const titles = ["Benchmark", "Parameters", ...(data.machines.length > 1 ? ["Machine"] : []), "From", "To", "Unit", "To / from", "Interval", "To is"];
    titles.forEach((title) => make(head, "th", { scope: "col", class: ["From", "To", "To / from", "Interval"].includes(title) ? "number" : "", textContent: title }));
    const body = make(table, "tbody");
    for (const series of shown()) {
      const at = (commit) => series.points.filter((point) => data.runs[point.run].commit === commit).pop();
      const from = at(state.from);
      const to = at(state.to);
      if (!from || !to) {
        continue;
      }
      const ratio = quotient(to, from);
      const kind = direction(ratio, series.higher);
      const row = make(body, "tr");
      nameCells(row, series);
      scoreCell(row, from);
      scoreCell(row, to);
      make(row, "td", { class: "quiet", textContent: series.unit });
      make(row, "td", { class: "number", textContent: Charts.number(ratio.value) });
      make(row, "td", { class: "number quiet", textContent: ratio.low === null ? "–" : `${Charts.number(ratio.low)} to ${Charts.number(ratio.high)}` });
      make(row, "td", { class: kind || "quiet", textContent: kind ? `${arrow(kind)}${kind}` : "within errors" });
    }
    if (!body.firstChild) {
      make(make(body, "tr"), "td", { colSpan: titles.length, class: "quiet", textContent: "No benchmark that is shown was run on both, on one machine." });
    }
  }

  // ---- controls

  function segments(id, choices, key, redraw) {
    const field = byId(id);
    const row = make(field, "div", { class: "segments" });
    for (const [value, text] of choices) {
      const input = make(null, "input", { type: "radio", name: id, value, checked: state[key] === value });
      make(row, "label", {}, input, make(null, "span", { textContent: text }));
      input.addEventListener("change", () => {
        state[key] = value;
        redraw();
      });
    }
  }

  function drawAll() {
    drawLatest();
    drawCompare();
    drawCharts();
  }

  function controls() {
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    byId("filter").addEventListener("input", (event) => {
      state.filter = event.target.value;
      drawAll();
    });
    const machine = byId("machine");
    make(machine, "option", { value: "", textContent: data.machines.length > 1 ? "all" : "the only one" });
    data.machines.forEach((one) => make(machine, "option", { value: one.id, textContent: `${one.id}: ${one.text}` }));
    machine.addEventListener("change", () => {
      state.machine = machine.value;
      drawAll();
    });
    segments("value", [["score", "Score"], ["ratio", "Ratio"], ["both", "Both"]], "value", drawCharts);
    segments("axis", [["commits", "Commits"], ["dates", "Dates"]], "axis", drawCharts);
    for (const side of ["from", "to"]) {
      const select = byId(side);
      data.commits.forEach((commit, index) => make(select, "option", { value: index, textContent: `${commit.short} · ${day(commit.date)} · ${commit.subject}` }));
      select.value = state[side];
      select.addEventListener("change", () => {
        state[side] = Number(select.value);
        drawCompare();
      });
    }
    let width = byId("charts").clientWidth;
    new ResizeObserver(() => {
      if (byId("charts").clientWidth !== width) {
        width = byId("charts").clientWidth;
        drawCharts();
      }
    }).observe(byId("charts"));
    addEventListener("scroll", () => showTip(null), { passive: true });
  }

  function theme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let chosen = null;
    try {
      chosen = localStorage.getItem("silo-theme");
    } catch (refused) {
      // Pages from files may have no storage; the choice then lasts as long as the page.
    }
    const apply = () => {
      const name = chosen || (dark.matches ? "dark" : "light");
      document.documentElement.dataset.theme = name;
      byId("theme").textContent = name === "dark" ? "☀ Light" : "☾ Dark";
    };
    dark.addEventListener("change", apply);
    byId("theme").addEventListener("click", () => {
      chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("silo-theme", chosen);
      } catch (refused) {
        // as above
      }
      apply();
    });
    apply();
  }

  function lists() {
    byId("skipped").hidden = data.skipped.length === 0;
    data.skipped.forEach(({ file, reason }) => make(byId("skipped").querySelector("ul"), "li", {}, make(null, "code", { textContent: file }), `: ${reason}`));
    byId("left-out").hidden = data.left_out.length === 0;
    data.left_out.forEach(({ run, benchmark, reason }) =>
      make(byId("left-out").querySelector("ul"), "li", {}, make(null, "code", { textContent: data.commits[data.runs[run].commit].short }), ` ${benchmark}: ${reason}`));
  }

  const count = (number, word) => `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;

  theme();
  lists();
  const since = data.days > 0 ? `commits of the last ${count(data.days, "day")}` : "all commits";
  if (data.runs.length === 0) {
    byId("summary").textContent = `${since}, made ${data.generated.slice(0, 16).replace("T", " ")} UTC`;
    byId("empty").hidden = false;
    byId("empty-why").textContent = data.days > 0 ? `There is no run of a commit of the last ${count(data.days, "day")}. Make one, or look further back:` : "There is no run yet. Make one:";
    return;
  }
  byId("summary").textContent = `${count(data.runs.length, "run")} of ${count(data.commits.length, "commit")} on ${count(data.machines.length, "machine")}; ${since}, made ${data.generated.slice(0, 16).replace("T", " ")} UTC`;
  byId("content").hidden = false;
  controls();
  drawAll();
})();
