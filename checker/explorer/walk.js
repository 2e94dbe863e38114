// What stands beside the state: the picture of the walk, the source of a step, the states around; and the look at
// the model's file. Each is asked for on its own, so that the page need not wait for it.
"use strict";

const EVERY = 1000; // milliseconds between two looks at the file

async function beside(name, question, fill) {
  const mine = latest;
  try {
    const found = await ask(name, question);
    if (mine === latest) fill(found); // what came too late is of another state
  } catch (error) {
    if (mine === latest) say(error.message, true);
  }
}

function drawBeside({ path }) {
  beside("picture", { path }, showPicture);
  beside("source", { path }, showSource);
  if (get("around").open) beside("graph", { path }, showGraph);
}

function listenBeside() {
  get("around").addEventListener("toggle", () => {
    if (get("around").open && shown.here) beside("graph", { path: shown.here.path }, showGraph);
  });
  get("steps").addEventListener("focusin", (event) => {
    const step = event.target.closest(".step");
    if (step) beside("source", { path: shown.here.path, step: Number(step.dataset.number) }, showSource);
  });
  phone.addEventListener("change", () => shown.here && beside("picture", { path: shown.here.path }, showPicture));
}
const phone = matchMedia("(max-width: 700px)");

function showPicture(found) {
  const { path } = shown.here, at = path.length - 1 - found.first;
  get("pictured").hidden = !found.nodes.length;
  const shape = phone.matches ? found.narrow : found.wide;
  const onpick = (number) => go(path.slice(0, found.first + number + 1));
  get("picture").replaceChildren(...picture(found, shape, [], onpick));
  get("legend").replaceChildren(legend(found.legend));
  mark(get("picture"), at);
  get("picture").scrollTop = get("picture").scrollHeight;
}

function showSource({ said, method, file, first, taken, lines }) {
  if (!method) {
    get("source").replaceChildren(html("p", { class: "soft" }, said === "start" ? "No step is taken yet."
      : `${said}: no method of the model says what this step does.`));
    return;
  }
  const rows = lines.map((words, at) => sourceLine(words, first + at, first + at === taken ? "row taken" : "row"));
  get("source").replaceChildren(
    html("p", { class: "soft" }, html("strong", {}, said), ` (${file}, line ${taken ?? first})`), html("pre", {}, ...rows));
}

function showGraph({ drawn: shapes, places, said }) {
  const made = drawn(shapes), vertices = [...made.querySelectorAll(".vertex")];
  const to = (target) => {
    const vertex = target.closest(".vertex");
    if (vertex) go(places[vertex.dataset.number]);
  };
  make(made, { click: (event) => to(event.target), keydown: (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") to(event.target);
    else if (by) vertices[vertices.indexOf(event.target.closest(".vertex")) + by]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  } }, []);
  get("graph").replaceChildren(made);
  get("graph-said").textContent = `${said}.`;
  const box = made.querySelector(".here").getBBox(), pane = get("graph");
  pane.scrollLeft = box.x - pane.clientWidth / 2; // the pane alone is scrolled, not the page
  pane.scrollTop = box.y - pane.clientHeight / 2;
}

// -- the model's file ------------------------------------------------------------------------------------------

async function lookAtFile() {
  if (document.hidden || !shown.here) return;
  let found;
  try {
    found = await ask("version", {});
  } catch (error) {
    found = { version: about.version, problem: error.message };
  }
  get("problem").textContent = found.problem;
  get("problem").hidden = !found.problem;
  if (found.version !== about.version) await takeUp();
}

async function takeUp() { // the walk in the model as it is now
  about = await ask("about");
  introduce();
  const { path, trail } = shown.here, said = trail.slice(1).map((step) => step.said);
  Object.assign(shown, { kept: [], words: [] });
  await show(() => ask("follow", { path, said }), (now) => (now.ended
    ? [`The model was saved. Of the walk ${now.path.length - 1} of ${counted(said.length, "step")} are left: ${now.ended}`, true]
    : [`The model was saved and read again; the walk is as it was.`]));
}
