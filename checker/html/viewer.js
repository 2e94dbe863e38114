// A trace to step through: the picture with its steps, beside it the state and the source of the selected one.

const KINDS = {
  always: "has to hold in every state", never: "must hold in no state", step: "has to hold of every step",
  sometimes: "some state has to satisfy it", possible: "has to stay possible from every state",
  liveness: "has to hold of every fair behaviour", deadlock: "only proper ends may have no next step",
  error: "a handler or a property raised an exception",
};
const NOT_NEEDED = "Nothing that is claimed rests on this step.";
const shown = { claim: null, story: null, at: 0, laid: "" };
const phone = matchMedia("screen and (max-width: 700px)"); // there the picture is narrow
const LEAST = { steps: 210, panes: 320, words: 140, paper: 800 }; // pixels; the panes with a gap
const viewer = html("section", { id: "trace", "aria-labelledby": "trace-title" });
const verdict = (said) => html("span", { class: `verdict ${said.toLowerCase().split(" ")[0]}` }, said);
const number = (at) => shown.story.first + at; // of a step: of a long trace only the end is here
const title = (story, frame, said) => (frame.lane === null ? said : `${story.nodes[frame.lane]}: ${said}`);
const header = (...names) =>
  html("thead", {}, html("tr", {}, ...names.map((name) => html("th", { scope: "col" }, name))));

function layout({ story }) { // whether the picture fits with its words, and the panes beside it
  const { wide, narrow } = data.pictures[story], room = viewer.clientWidth;
  const fits = ({ width }) => !phone.matches && width + LEAST.steps + LEAST.panes <= room;
  if (fits(wide)) return "beside";
  return `narrow ${fits(narrow) ? "beside" : "below"}${narrow.width + LEAST.words > room ? " across" : ""}`;
}

function choose(claim, at = 0) { // and write the step into the address only when somebody picks one
  shown.claim = claim;
  shown.story = data.stories[claim.story];
  for (const button of document.querySelectorAll("button.choose"))
    button.setAttribute("aria-pressed", String(Number(button.value) === data.claims.indexOf(claim)));
  const button = (said, by) => html("button", { type: "button", click: () => move(by) }, said);
  const laid = layout(claim);
  const pane = (id, label) => html("div", { class: "pane", id, tabindex: 0, role: "region", "aria-label": label });
  viewer.replaceChildren(
    html("h2", { id: "trace-title" }, claim.heading), lead(claim),
    html("div", { class: `viewer ${laid}` },
      html("div", {}, run(claim, laid.includes("narrow")), key(claim), ...fair(claim), ...mermaid(claim)),
      html("div", { class: "side" },
        html("div", { class: "walk" }, button("‹ back", -1), button("next ›", 1),
          html("strong", { id: "place", "aria-live": "polite" }), html("span", { class: "soft" }, "or the arrow keys")),
        pane("state", "The state after the step"), pane("source", "The model's source"))));
  shown.laid = laid;
  viewer.querySelector(".side").style.setProperty("--steps", shown.story.frames.length); // no higher than the picture needs
  pick(at, false);
}

function lead(claim) {
  const others = data.claims.filter((other) => other.story === claim.story && other !== claim);
  const also = others.map((other) => html("p", { class: "soft" }, `The same steps: ${other.name}: ${other.detail}`));
  return html("div", { class: claim.wrong ? "lead" : "lead reached" },
    html("p", {}, verdict(claim.verdict), " ", html("strong", { class: "claimed" }, claim.name),
      html("span", { class: "soft" }, KINDS[claim.kind] ? ` (${claim.kind}: ${KINDS[claim.kind]})` : ` (${claim.kind})`)),
    ...claim.meaning.map((said) => html("p", {}, said)),
    ...diff(claim), html("p", {}, html("strong", {}, claim.detail)),
    ...(claim.wrong && data.mistake ? mistake(claim) : []),
    html("p", { class: "soft" }, claim.reads), ...also);
}

function diff({ difference }) { // of the source
  if (!difference.length) return [];
  const looks = { "+": "added", "-": "removed", "@": "soft" };
  return [html("pre", { class: "diff" }, ...difference.map((line) => html("span", { class: looks[line[0]] ?? "" }, `${line}\n`)))];
}

function mistake(claim) { // what was put in, and where the trace owes itself to it
  const story = data.stories[claim.story];
  const put = html("p", {}, html("strong", {}, "The mistake put in: "), data.mistake);
  const steps = story.frames.flatMap((frame, at) => (frame.otherwise ? [at] : []));
  if (steps.length) {
    const says = (at) => {
      const frame = story.frames[at], what = title(story, frame, frame.brief);
      return html("li", {}, "step ", toStep(at), ` ${what}. Without the mistake ${frame.otherwise}.`);
    };
    return [put, html("p", {}, "This is where it matters:"), html("ul", {}, ...steps.map(says))];
  }
  if (!story.compared)
    return [put, html("p", {}, "Without it the model has other nodes, programs or links: steps can't be compared.")];
  const rest = story.else_.length ? `, but ${story.else_.join("; ")}` : "";
  return [put, html("p", {}, `Without it the same steps could be taken${rest}.`)];
}

const toStep = (at) => html("button", { type: "button", class: "to-step", "aria-label": `Go to step ${number(at)}`,
  click: () => pick(at) }, String(number(at)));

function run(claim, narrow) {
  const story = data.stories[claim.story], { [narrow ? "narrow" : "wide"]: shape } = data.pictures[claim.story];
  const list = html("ol", { class: "steps", role: "listbox", tabindex: 0, "aria-label": "Steps" },
    ...story.frames.map((frame, at) => row(story, claim, frame, at)));
  const look = `outcome ${claim.wrong ? "refuted" : "proved"}`;
  const end = html("p", { class: look }, story.loop === null ? claim.detail : round(story));
  const onpick = (at) => {
    pick(at);
    list.focus({ preventScroll: true }); // so that the arrow keys go on from there
  };
  list.style.marginLeft = end.style.marginLeft = `${shape.width}px`;
  return html("div", { class: narrow ? "run narrow" : "run" }, ...picture(story, shape, claim.wrong ? claim.guilty : [], onpick), list, end);
}

function key(claim) {
  const guilty = claim.guilty.length && claim.wrong ? [{ drawn: null, said: "red name: its state is what is wrong" }] : [];
  return legend([...data.pictures[claim.story].legend, ...guilty]);
}

function row(story, claim, frame, at) {
  const idle = at > 0 && claim.needs[at - 1] === null, look = within(story, at) ? "round" : "", logged = story.logged[at];
  return html("li", { role: "option", id: `step-${at}`, class: look, click: () => pick(at) },
    html("div", { class: idle ? "head idle" : "head" }, title(story, frame, frame.brief)),
    frame.otherwise ? html("div", { class: "doc instead" }, `without the mistake ${frame.otherwise}`)
      : html("div", { class: logged ? "doc logged" : "doc" }, logged || (idle ? NOT_NEEDED : frame.doc)),
    ...wished(story, frame), html("div", { class: "what" }, frame.changes.join("; ")));
}

function wished(story, frame) { // for, by --show
  if (!story.shown) return [];
  const said = story.tables[0].rows.map((name, row) => `${name}: ${story.texts[frame.cells[0][row][0]]}`);
  return [html("div", { class: "wished" }, said.join("; "))];
}

function round(story) {
  if (story.loop === story.frames.length - 1) return "It stays there for ever.";
  return `Back to the state after step ${story.loop}, and so on for ever.`;
}

function fair(claim) {
  if (claim.fair === null) return [];
  const rest = claim.fair.length ? "Of what else is assumed, nothing is enabled in the loop."
    : "No step of which fairness is assumed is enabled in the loop.";
  return [html("h3", {}, "Why this behaviour is fair"),
    html("ul", {}, ...claim.fair.map((said) => html("li", {}, said))), html("p", { class: "soft" }, rest)];
}

function mermaid({ story }) { // to paste where Mermaid is drawn
  const said = data.diagrams[story];
  return said ? [html("details", {}, html("summary", {}, "As a Mermaid diagram, to paste"), html("pre", { class: "diff" }, said))] : [];
}

function pick(at, byHand = true) {
  const { story } = shown, frame = story.frames[at], id = `step-${at}`;
  shown.at = at;
  for (const option of viewer.querySelectorAll("[role=option]"))
    option.setAttribute("aria-selected", String(option.id === id));
  viewer.querySelector("[role=listbox]").setAttribute("aria-activedescendant", id);
  mark(viewer, at);
  document.getElementById("place").textContent = `step ${number(at)} of ${number(story.frames.length - 1)}${within(story, at)}`;
  document.getElementById("state").replaceChildren(...state(story, frame, at));
  showSource(document.getElementById("source"), frame);
  if (byHand) history.replaceState(null, "", `#${data.claims.indexOf(shown.claim) + 1}.${number(at)}`);
}

function within(story, at) {
  const { loop } = story, last = story.frames.length - 1;
  if (loop === null || at < loop || (at === loop && loop < last)) return "";
  return loop === last ? ", where it stays" : ", in the loop";
}

function move(by) {
  const last = shown.story.frames.length - 1, { loop } = shown.story;
  const round = by > 0 && shown.at === last && loop !== null && loop < last;
  pick(round ? loop + 1 : Math.max(0, Math.min(last, shown.at + by)));
  document.getElementById(`step-${shown.at}`).scrollIntoView({ block: "nearest" });
}

function keys(event) {
  if (event.key === "Escape") hideTip();
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || shown.story === null) return;
  const last = shown.story.frames.length - 1, inside = (where) => event.target.closest?.(where);
  const across = inside(".pane, .scroll, summary") ? {} : { ArrowRight: 1, ArrowLeft: -1 };
  const along = inside("[role=listbox], .picture") ? { ArrowDown: 1, ArrowUp: -1, Home: -last, End: last } : {};
  const by = { ...across, ...along }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  move(event.key === "End" ? last - shown.at : by);
}

function state(story, frame, at) {
  const before = story.frames[Math.max(0, at - 1)], items = (said) => said.map((part) => html("li", {}, part));
  const network = frame.network.map((text, place) =>
    at && frame.fresh.includes(place) ? html("ins", {}, `+ ${story.texts[text]}`) : story.texts[text]);
  const gone = frame.gone.map((text) => html("del", {}, story.texts[text]));
  const messages = [html("h4", {}, `Messages under way: ${network.length}`),
    html("ul", {}, ...items([...network, ...gone]))];
  return [html("h3", {}, title(story, frame, frame.said)), html("p", { class: "soft" }, frame.doc),
    ...(story.logged[at] ? [html("p", { class: "code" }, story.logged[at])] : []),
    ...instead(frame), ...rests(at), html("ul", {}, ...items(frame.changes)),
    ...story.tables.flatMap((table, number) =>
      [html("h4", {}, table.title), grid(story, table, frame, frame.cells[number], before.cells[number])]),
    ...(story.nodes.length ? messages : [])];
}

function instead(frame) {
  return frame.otherwise ? [html("p", { class: "instead" }, `Without the mistake ${frame.otherwise}.`)] : [];
}

function rests(at) {
  const needs = shown.claim.needs[at - 1]; // there are none of the start, and not of every claim
  if (needs === null) return [html("p", { class: "soft" }, NOT_NEEDED)];
  if (!needs?.length) return [];
  const what = needs.length > 1 ? "It rests on the steps " : "It rests on step ";
  return [html("p", { class: "soft" }, what, ...needs.flatMap((step) => [toStep(step), " "]))];
}

function grid(story, table, frame, cells, before) {
  const idle = (column) => frame.idle[story.nodes.indexOf(column)];
  const said = (text) => story.texts[text] ?? "";
  const cell = (now, then, column) => now === then
    ? html("td", idle(column) ? { class: "soft" } : {}, said(now))
    : html("td", { class: "changed" }, html("del", {}, said(then)), " ", html("ins", {}, said(now)));
  const durable = (row) => (table.durable.includes(row) ? [html("span", { class: "durable" }, " durable")] : []);
  const names = table.columns.map((column) => (idle(column) ? `${column} (${idle(column)})` : column));
  return html("table", {}, ...(names.join("") ? [header("", ...names)] : []),
    html("tbody", {}, ...table.rows.map((name, row) => html("tr", {},
      html("th", { scope: "row" }, name, ...durable(row)),
      ...table.columns.map((column, at) => cell(cells[row][at], before[row][at], column))))));
}

function showSource(pane, frame) {
  const place = data.places[frame.place];
  if (!place) {
    pane.replaceChildren(html("p", { class: "where" }, "No method of the model says what this step does."));
    return;
  }
  const file = data.sources[place.file], { first, last } = place;
  const look = (line) => (line === frame.line ? "row hit taken" : line >= first && line <= last ? "row hit" : "row");
  pane.replaceChildren(
    html("p", { class: "where" }, html("strong", {}, place.name), ` ${file.name}, lines ${first} to ${last}`),
    html("pre", {}, ...file.lines.map((words, at) => sourceLine(words, at + 1, look(at + 1)))));
  pane.scrollTop = pane.querySelector(".hit").offsetTop - pane.offsetTop - 60;
}
