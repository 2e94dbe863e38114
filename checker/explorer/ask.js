// What the pages that are served share: they ask the server, with the token of their address. A page says in GONE
// what it means if nobody answers.
"use strict";

const token = location.pathname.split("/")[1];
const get = (id) => document.getElementById(id);

async function ask(name, question) {
  const headers = { "X-Elcheck-Token": token, "Content-Type": "application/json" };
  const options = question ? { method: "POST", headers, body: JSON.stringify(question) } : { headers };
  let response;
  try {
    response = await fetch(`api/${name}`, options);
  } catch {
    throw new Error(GONE);
  }
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}
