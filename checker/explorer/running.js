// The page of `elcheck run --http`: asks how the run goes, twice a second, and tells it faults.
"use strict";

const EVERY = 500; // milliseconds
const GONE = "The run has ended.";

function problem(text) {
  get("problem").hidden = !text;
  get("problem").textContent = text;
}

async function tell(fault) {
  try {
    await ask("do", { fault });
    problem("");
  } catch (error) {
    problem(error.message);
  }
}

function cell(text, kind, head) { // head: what a narrow window writes before it
  const made = document.createElement("td");
  made.textContent = text;
  if (kind) made.className = kind;
  if (head && text !== "") made.dataset.head = head;
  return made;
}

function button(text, fault) {
  const made = document.createElement("button");
  made.textContent = text;
  made.type = "button";
  made.addEventListener("click", () => tell(fault));
  return made;
}

function buttons(node) {
  const made = document.createElement("td");
  const verbs = { up: ["kill", "pause"], paused: ["resume", "kill"], down: ["restart"] }[node.condition] ?? [];
  made.append(...verbs.map((verb) => button(verb, `${verb} ${node.node}`)));
  return made;
}

function row(node) {
  const made = document.createElement("tr");
  made.className = node.condition;
  const cut = node.cut.length ? `, cut off from ${node.cut.join(", ")}` : "";
  made.append(
    cell(node.node), cell(node.condition + cut), cell(node.leads ? "leads" : "", "leads"),
    cell(node.term ?? "", "right", "term"), cell(node.steps, "right", "steps"), cell(node.messages, "right", "messages"),
    cell(node.rate.toFixed(1), "right", "a second"), cell(node.kills, "right", "kills"), cell(node.state, "state"), buttons(node),
  );
  return made;
}

function leaders(nodes) {
  const found = nodes.filter((node) => node.leads && node.condition !== "down");
  const each = found.map((node) => `${node.node} leads${node.term === null ? "" : ` term ${node.term}`}`);
  return each.join(", ") || (nodes.some((node) => node.leads !== null) ? "Nobody leads." : "");
}

async function look() {
  try {
    const { seconds, nodes, faults } = await ask("status");
    get("seconds").textContent = seconds;
    get("rate").textContent = nodes.reduce((sum, node) => sum + node.rate, 0).toFixed(1);
    get("leader").textContent = leaders(nodes);
    if (!get("nodes").contains(document.activeElement)) get("nodes").replaceChildren(...nodes.map(row));
    get("faults").replaceChildren(...faults.map(({ at, fault }) => {
      const made = document.createElement("li");
      made.textContent = `${fault} (${at.toFixed(2)} s)`;
      return made;
    }));
  } catch (error) {
    problem(error.message);
    return;
  }
  setTimeout(look, EVERY);
}

async function begin() {
  const about = await ask("about");
  document.title = `${about.name} runs`;
  for (const id of ["name", "summary", "environment"]) get(id).textContent = about[id];
  get("do").addEventListener("submit", (event) => {
    event.preventDefault();
    tell(get("fault").value);
  });
  await look();
}

begin();
