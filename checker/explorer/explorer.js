// The page of `elcheck explore`. The address says where one is: after its # the number of the initial state and
// of each step taken, 0.3.1, then a mark of the states on the way, ~1a2b3c4d. What is shown is asked of the server.
"use strict";

const shown = { here: null, kept: [], words: [] }; // kept: the longest way there was, which arrow keys go along
let about = null, latest = 0;
const GONE = "elcheck does not answer: has it been ended?";

// -- where one is ---------------------------------------------------------------------------------------------

function place() {
  const [numbers, mark] = location.hash.slice(1).split("~");
  return { path: numbers ? numbers.split(".").map(Number) : [0], mark };
}
const written = (path) => path.join(".");
const begins = (whole, path) => path.every((number, at) => whole[at] === number);

function go(path) { // by the address, so that the browser's own "back" undoes
  if (written(path) !== written(place().path)) location.hash = written(path);
}

async function load() {
  const { path, mark } = place();
  const known = about.prepared.find((trace) => written(trace.path) === written(path));
  await show(() => ask("at", { path }), (found) =>
    (mark && mark !== found.mark ? ["This is not where the link was made: its model, or its options, were others.", true]
      : [known ? named(known) : ""]));
}

async function walk() {
  const seed = get("seed").valueAsNumber, steps = get("most").valueAsNumber, faults = get("faults").checked;
  const { path } = shown.here;
  await show(() => ask("walk", { path, seed, steps, faults }), (found) => {
    const count = found.path.length - path.length, why = found.ended ? `, then the end: ${found.ended}` : "";
    get("seed").value = seed + 1;
    return [`${count} random step${count === 1 ? "" : "s"}, seed ${seed}${why}.`, found.ended.endsWith("broken")];
  });
}

async function show(question, comment) {
  const mine = ++latest; // an answer that came too late is not shown
  let found;
  try {
    found = await question();
  } catch (error) {
    if (mine === latest) say(error.message, true);
    return;
  }
  if (mine !== latest) return;
  const fragment = `#${written(found.path)}~${found.mark}`;
  const moved = written(place().path) !== written(found.path);
  history[moved ? "pushState" : "replaceState"](null, "", fragment);
  if (!begins(shown.kept, found.path) || shown.kept.length < found.path.length)
    Object.assign(shown, { kept: found.path, words: found.trail });
  shown.here = found;
  draw(found);
  drawBeside(found);
  say(...comment(found));
}

function say(words, bad = false) {
  get("said").textContent = words;
  get("said").className = bad ? "bad" : "";
}

// -- what is shown ----------------------------------------------------------------------------------------------

function draw(here) {
  const at = here.path.length - 1;
  get("undo").disabled = at === 0;
  get("here-title").textContent = at ? `After step ${at}, ${here.trail[at].said}` : "The initial state";
  get("start").max = here.starts;
  get("start").value = here.path[0] + 1;
  get("starts").textContent = here.starts;
  get("choose-start").hidden = here.starts < 2;
  get("way").replaceChildren(...shown.words.map((step, number) => wayStep(step, number, at)));
  get("way").children[at].scrollIntoView({ block: "nearest" });
  get("state").replaceChildren(...state(here));
  get("properties").replaceChildren(properties(here.properties));
  get("steps").replaceChildren(...steps(here));
  get("blocked").replaceChildren(...blocked(here.blocked));
  get("command").textContent = `${about.command} --at ${written(here.path)}~${here.mark}`;
}

function wayStep(step, number, at) {
  const look = number === at ? "now" : number > at ? "later" : "";
  const to = () => go(shown.kept.slice(0, number + 1));
  const broken = step.broken.map((name) => html("div", { class: "bad" }, `breaks: ${name}`));
  return html("li", { class: look, "aria-current": number === at ? "step" : null },
    html("span", { class: "number" }, `${number}.`),
    html("button", { class: step.fault ? "words fault" : "words", click: to }, step.said), ...broken);
}

function state({ state: now, before }) {
  const then = new Map();
  for (const table of before?.tables ?? [])
    for (const row of table.rows)
      row.cells.forEach((cell, at) => then.set(`${table.columns[at].name}.${row.name}`, cell));
  const old = (pairs) => new Map(pairs ?? []);
  const rest = [...list("Environment", now.environment, old(before?.environment)),
    ...list("History", now.history, old(before?.history))];
  return [...list("Asked for (--show)", now.shown, old(before?.shown)), ...now.tables.flatMap((table) => [html("h3", {}, table.title), grid(table, before && then)]),
    ...(now.tables.some((table) => table.columns[0].name) ? [html("h3", {}, `Messages under way: ${now.network.length}`),
      network(now.network, before?.network ?? now.network)] : []), ...rest];
}

function grid(table, then) {
  const cell = (row, at) => changedCell(row.cells[at], then?.get(`${table.columns[at].name}.${row.name}`),
    table.columns[at].idle ? "down" : "");
  const names = table.columns.map(({ name, idle }) => html("th", { scope: "col" }, idle ? `${name} (${idle})` : name));
  const durable = (row) => (row.durable ? [" ", html("span", { class: "durable" }, "durable")] : []);
  return html("table", {}, ...(table.columns[0].name ? [html("thead", {}, html("tr", {}, html("td"), ...names))] : []),
    html("tbody", {}, ...table.rows.map((row) => html("tr", {}, html("th", { scope: "row" }, row.name, ...durable(row)),
      ...table.columns.map((_, at) => cell(row, at))))));
}

function changedCell(now, then, look) {
  if (then === undefined || then === now) return html("td", { class: look }, now);
  return html("td", { class: `changed ${look}` }, html("del", {}, then), " ", html("ins", {}, now));
}

function list(title, pairs, then) {
  if (!pairs.length) return [];
  return [html("h3", {}, title), html("table", {}, html("tbody", {}, ...pairs.map(([name, now]) =>
    html("tr", {}, html("th", { scope: "row" }, name), changedCell(now, then.get(name), "")))))];
}

function network(now, before) {
  const left = [...before];
  const items = now.map((letter) => {
    const at = left.indexOf(letter);
    if (at >= 0) left.splice(at, 1);
    return html("li", {}, at >= 0 ? letter : html("ins", {}, `+ ${letter}`));
  });
  return html("ul", { class: "words" }, ...items, ...left.map((letter) => html("li", {}, html("del", {}, letter))));
}

const LOOKS = { broken: "bad", holds: "good", reached: "good" };
function properties(claims) {
  if (!claims.length) return html("p", { class: "soft" }, "The model claims nothing.");
  const order = ({ answer }) => (answer === "broken" ? 0 : 1); // what is wrong comes first
  const sorted = [...claims].sort((a, b) => order(a) - order(b));
  return html("table", {}, html("tbody", {}, ...sorted.map(({ name, kind, answer, detail }) => html("tr", {},
    html("td", { class: LOOKS[answer] ?? "soft" }, answer === "open" ? "?" : answer),
    html("td", { class: "soft" }, kind), html("td", {}, name, ...notes(name, detail))))));
}

function notes(name, detail) {
  const checked = about.verdicts[name];
  return [detail, checked && `the check: ${checked}`].filter(Boolean).map((said) => html("div", { class: "soft" }, said));
}

function steps(here) {
  const buttons = here.steps.map((step, number) => html("button", { class: "step", "data-number": number, click: () => go([...here.path, number]) },
    ...(number < 9 ? [html("kbd", { "aria-hidden": "true" }, number + 1)] : []),
    html("span", { class: step.fault ? "words fault" : "words" }, step.said),
    ...step.changes.map(change),
    ...leadsBack(step.back),
    ...step.breaks.map((name) => html("small", { class: "bad" }, `breaks: ${name}`))));
  if (here.raised) buttons.unshift(html("p", { class: "bad" }, `Not all steps are known, a handler raised: ${here.raised}`));
  return buttons.length ? buttons : [html("p", {}, "None: this is an end.")];
}

function leadsBack(to) { // to a state of this walk, after which step
  if (to === null) return [];
  return [html("small", { class: "soft" }, to ? `back to where step ${to} led` : "back to the initial state")];
}

function change({ what, old, new: now }) {
  if (what === "+") return html("small", {}, html("ins", {}, `+ ${now}`));
  if (what === "-") return html("small", {}, "− ", html("del", {}, old));
  return html("small", {}, `${what}: `, html("del", {}, old), " → ", html("ins", {}, now));
}

function blocked(groups) {
  const item = ({ events, why, source }) => html("div", { class: "blocked" },
    html("div", { class: "words" }, ...events.slice(0, 3).map(line), ...more(events.slice(3))),
    html("div", { class: "why" }, why, ...(source ? [html("span", { class: "soft" }, ` (${source})`)] : [])));
  const found = groups.filter((group) => !group.fault).map(item), faults = groups.filter((group) => group.fault);
  if (faults.length) found.push(html("details", {}, html("summary", {}, `Faults: ${faults.length}`), ...faults.map(item)));
  return found;
}
const line = (said) => html("div", {}, said);
const more = (events) => (events.length
  ? [html("details", {}, html("summary", {}, `and ${events.length} more`), ...events.map(line))] : []);

// -- what can be done ---------------------------------------------------------------------------------------------

function undo() {
  if (shown.here.path.length > 1) go(shown.here.path.slice(0, -1));
}

function keys(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select") || !shown.here) return;
  const { path } = shown.here, buttons = [...document.querySelectorAll(".step")];
  const around = (by) => {
    const at = buttons.indexOf(document.activeElement);
    buttons[at < 0 ? (by > 0 ? 0 : buttons.length - 1) : Math.max(0, Math.min(buttons.length - 1, at + by))]?.focus();
  };
  const along = () => { if (path.length < shown.kept.length) go(shown.kept.slice(0, path.length + 1)); };
  const arrows = { ArrowLeft: undo, ArrowRight: along, ArrowDown: () => around(1), ArrowUp: () => around(-1) };
  const actions = { u: undo, r: walk, ...arrows };
  const action = /^[1-9]$/.test(event.key) ? () => buttons[event.key - 1]?.click() : actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

async function copy() {
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied.");
  } catch {
    say("The browser does not let the link be copied: it is in the address bar.", true);
  }
}

const named = ({ name, note }) => name + (note ? ` (${note})` : "");

async function choose() {
  const chosen = about.prepared[get("trace").value];
  get("trace").value = "";
  if (!chosen) return;
  await show(() => ask("at", { path: chosen.path }), () => [named(chosen)]);
  get("here-title").focus();
}

function introduce() {
  document.title = `${about.name}: elcheck explore`;
  get("name").textContent = about.name;
  get("summary").textContent = about.summary;
  get("parameters").textContent = about.parameters;
  get("environment").textContent = about.environment;
  get("faults").parentElement.hidden = !about.faults;
  get("choose-trace").hidden = !about.prepared.length;
  get("trace").replaceChildren(html("option", { value: "" }, "a trace…"),
    ...about.prepared.map(({ name }, number) => html("option", { value: number }, name)));
}

async function begin() {
  try {
    about = await ask("about");
  } catch (error) {
    say(error.message, true);
    return;
  }
  introduce();
  get("undo").addEventListener("click", undo);
  get("walk").addEventListener("click", walk);
  get("copy").addEventListener("click", copy);
  get("trace").addEventListener("change", choose);
  get("start").addEventListener("change", () => go([get("start").valueAsNumber - 1]));
  listenBeside();
  addEventListener("hashchange", load);
  addEventListener("keydown", keys);
  await load();
  setInterval(lookAtFile, EVERY);
}
begin();
