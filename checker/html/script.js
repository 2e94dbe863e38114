// The whole page. Every text is put in as a text node, so nothing that a model says can become markup.

const data = JSON.parse(document.getElementById("data").textContent);

function head() {
  const badly = data.claims.some(({ wrong }) => wrong) ? "wrong" : "";
  return html("header", {},
    html("h1", {}, `${data.name} `, html("span", { class: badly }, verdict(data.verdict))), html("p", {}, data.summary),
    ...data.claims.filter(({ wrong, verdict: said }) => wrong && said !== "survived").map(({ name, detail }) => html("p", { class: "refuted" }, `${name}: ${detail}`)));
}

function about() {
  return html("section", { id: "run" }, html("h2", {}, "The run"),
    html("dl", {}, ...data.facts.flatMap(([label, said]) => [html("dt", {}, label), html("dd", {}, said)])),
    ...data.notes.map((note) => html("p", { class: "soft" }, note)),
    html("p", { class: "soft" }, "To repeat it:"), html("code", { class: "command" },
      ...data.command.split(" ").flatMap((word) => [html("span", {}, word), " "])));
}

function claims() {
  const length = (claim) => counted(data.stories[claim.story].frames.length - 1, "step");
  const open = (claim) => {
    choose(claim);
    pick(claim.at);
    viewer.scrollIntoView();
  };
  const button = (claim, value) => html("button", { type: "button", class: "choose", value, "aria-pressed": "false",
    "aria-label": `Show the trace of ${claim.name}: ${length(claim)}`, click: () => open(claim) }, length(claim));
  if (!data.claims.length) return "";
  const rows = data.claims.map((claim, number) => html("tr", {},
    html("td", {}, verdict(claim.verdict)), html("th", { scope: "row" }, claim.name,
      ...claim.meaning.map((said) => html("div", { class: "meaning" }, said))),
    html("td", { title: KINDS[claim.kind] }, claim.kind), html("td", {}, claim.detail),
    html("td", {}, ...(claim.story === null ? [] : [button(claim, number)]))));
  return html("section", { class: "scroll" }, html("h2", {}, data.claimed),
    html("table", { class: "claims" }, header("verdict", data.noun, "kind", "detail", "trace"), html("tbody", {}, ...rows)),
    ...data.below.map((said) => html("p", { class: "soft" }, said)));
}

function table({ title: name, said, header: heads, rows, numbers, code, stacked, verdicts, pages }) {
  const look = (at) => (numbers.includes(at) ? "number" : code.includes(at) ? "code" : "");
  const columns = heads.map((_, at) => at).filter((at) => at === 0 || rows.some((row) => !["", "·"].includes(row[at])));
  const filled = (cell, at, page) => (at === 0 && page ? html("a", { href: page }, cell) : cell && verdicts.includes(at) ? verdict(cell) : cell);
  return html("section", { class: "scroll" }, html("h2", {}, name), ...(said ? [html("p", { class: "soft" }, said)] : []),
    html("table", { class: stacked ? "cells stacked" : "cells" }, header(...columns.map((at) => heads[at])),
      html("tbody", {}, ...rows.map((row, line) => html("tr", {}, ...columns.map((at) =>
        html("td", { class: look(at), "data-head": heads[at] }, filled(row[at], at, pages[line]))))))));
}

function coverage() {
  if (!data.uses.length) return "";
  const heads = ["handler", "calls", "enabled", "what was in the way, in so many calls"];
  const number = (count, at) => html("td", { class: "number", "data-head": heads[at] }, count.toLocaleString("en"));
  const unused = (use) => (use.called ? "never enabled " : "never ran ");
  const rows = data.uses.map((use) => html("tr", {},
    html("th", { scope: "row", class: "code" }, `${use.program}.${use.name}`), number(use.called, 1), number(use.enabled, 2),
    html("td", { "data-head": "in the way:" }, ...(use.off ? [`switched off: ${use.off} `] : use.enabled ? [] : [html("span", { class: "flag" }, unused(use))]),
      use.blocked.map(([why, count]) => `${why} (${count.toLocaleString("en")})`).join("; "))));
  return html("section", { class: "scroll" }, html("h2", {}, "Coverage of the handlers"),
    html("p", { class: "soft" }, "A handler is called once for each local state and event that meet. It is enabled " +
      "where it offers a step; elsewhere a guard is in the way."),
    html("table", { class: "stacked" }, header(...heads),
      html("tbody", {}, ...rows)),
    ...data.gaps.map((gap) => html("p", { class: "flag" }, gap)));
}

function growth() {
  if (!data.levels.length) return "";
  const { levels } = data, most = Math.max(...levels), said = most.toLocaleString("en");
  const range = `0 to ${levels.length - 1}`, top = levels.indexOf(most);
  const label = `New states at the depths ${range}; the most, ${said}, at depth ${top}`;
  const rows = levels.map((count, depth) => html("tr", {},
    html("td", { class: "number" }, String(depth)), html("td", { class: "number" }, count.toLocaleString("en"))));
  return html("section", {}, html("h2", {}, "Growth: new states at each depth"),
    html("div", { class: "scroll" }, bars(levels, most, label)),
    html("details", {}, html("summary", {}, "As a table"),
      html("table", {}, header("depth", "new states"), html("tbody", {}, ...rows))));
}

function bars(levels, most, label) {
  const wide = 760, high = 180, left = 80, width = (wide - left) / levels.length;
  const every = Math.ceil(levels.length / 16), up = (count) => high - 160 * count / most;
  const write = (at, below, anchor, said) => svg("text", { x: at, y: below, "text-anchor": anchor }, said);
  const bar = (count, depth) => svg("rect", { x: left + depth * width, width: Math.max(width * 0.85, 0.5),
    y: up(count), height: high - up(count) }, svg("title", {}, `depth ${depth}: ${counted(count, "state")}`));
  const scale = (count) => [svg("line", { x1: left, x2: wide, y1: up(count), y2: up(count) }),
    write(left - 8, up(count) + 4, "end", count.toLocaleString("en"))];
  const depths = levels.map((_, depth) => depth).filter((depth) => depth % every === 0)
    .map((depth) => write(left + (depth + 0.42) * width, high + 16, "middle", String(depth)));
  const look = { class: "plot", width: wide, viewBox: `0 0 ${wide} ${high + 40}`, role: "img", "aria-label": label };
  return svg("svg", look,
    ...[most, Math.round(most / 2)].flatMap(scale), ...levels.map(bar), ...depths,
    write((wide + left) / 2, high + 34, "middle", "depth: steps from an initial state"));
}

function onPaper() { // every counterexample, each with all that its steps change
  const chosen = data.claims.filter((claim) => claim.story !== null && claim.wrong);
  const once = chosen.filter((claim, at) => chosen.findIndex((other) => other.story === claim.story) === at);
  return (once.length || !shown.claim ? once : [shown.claim]).map((claim) => {
    const story = data.stories[claim.story];
    const rows = story.frames.map((frame, at) => html("tr", {}, html("td", { class: "number" }, String(story.first + at)),
      html("td", {}, title(story, frame, frame.said)), html("td", {}, ...instead(frame), frame.changes.join("; "))));
    return html("section", {}, html("h2", {}, claim.heading), lead(claim), ...(story.nodes.length ? [run(claim, data.pictures[claim.story].wide.width > LEAST.paper), key(claim)] : []),
      html("table", {}, header("step", "what happens", "what changes"), html("tbody", {}, ...rows)), ...fair(claim));
  });
}

function asked() { // "#2.7" in the address is the trace of the second property, at its step 7
  const [, number, at] = /^#(\d+)\.(\d+)$/.exec(location.hash) ?? [];
  const named = data.claims[number - 1];
  const within = ({ story }) => Math.max(0, Math.min(at - data.stories[story].first, data.stories[story].frames.length - 1));
  if (named && named.story !== null) return [named, within(named), true];
  const traced = data.claims.filter((claim) => claim.story !== null);
  return [traced.find(({ wrong }) => wrong) ?? traced[0], null, false];
}

function visit() { // what the address asks for, if it asks for anything
  const [claim, at, byName] = asked();
  if (!claim) return;
  choose(claim, at ?? claim.at);
  if (byName) document.getElementById(`step-${at}`).scrollIntoView({ block: "center", behavior: "instant" });
}

const paper = html("div", { class: "print" });
const [first] = asked(), wrong = data.claims.some((claim) => claim.story !== null && claim.wrong);
const trace = first ? [viewer, paper] : [];
document.getElementById("report").append(head(), ...data.first.map(table), ...(wrong ? trace : []), claims(),
  ...(wrong ? [] : trace), ...data.sections.map(table), about(), coverage(), growth());
addEventListener("beforeprint", () => paper.replaceChildren(...onPaper()));
addEventListener("afterprint", () => paper.replaceChildren());
addEventListener("keydown", keys);
addEventListener("hashchange", visit);
addEventListener("resize", () => shown.claim && layout(shown.claim) !== shown.laid && choose(shown.claim, shown.at));
history.scrollRestoration = "manual"; // a page that is loaded again goes to its step
visit();
