// What makes elements: of their names, of a drawing that picture.py has made, of a line of source, of what a message
// says when it is pointed at. Every text becomes a text node, and every attribute is set as such.

function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
const html = (tag, attributes = {}, ...children) => make(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const drawn = ([tag, attributes, children]) =>
  svg(tag, attributes, ...children.map((part) => (typeof part === "string" ? part : drawn(part))));
const sourceLine = (words, number, look) => html("span", { class: look, "data-line": number },
  ...words.map(([kind, said]) => (kind ? html("span", { class: kind }, said) : said)));
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

// The picture with the names of its lanes; onpick is given the number of a step that is clicked. A lane of
// which something is wrong is guilty.
function picture(story, { drawn: shapes, width, lanes, room }, guilty, onpick) {
  const names = story.nodes.map((name, lane) => html("span", { class: guilty.includes(lane) ? "guilty" : "",
    title: guilty.includes(lane) ? `${name}: its state is what is wrong` : name }, name));
  names.forEach((name, lane) => Object.assign(name.style, { left: `${lanes[lane]}px`, maxWidth: `${room}px` }));
  const made = drawn(shapes), message = (event) => event.target.closest(".message");
  make(made, {
    click: (event) => {
      const band = event.target.closest(".band");
      if (band) onpick(Number(band.dataset.at));
    },
    mouseover: (event) => tell(message(event)), mouseout: hideTip, focusin: (event) => tell(message(event)),
    focusout: hideTip,
  }, []);
  for (const lane of made.querySelectorAll(".lane")) lane.classList.toggle("guilty", guilty.includes(Number(lane.dataset.lane)));
  return [html("div", { class: "lanes" }, ...names), made];
}

function legend(entries) {
  const items = entries.map(({ drawn: icon, said }) => html("li", {}, ...(icon ? [drawn(icon)] : []), said));
  return html("ul", { class: "legend", "aria-label": "Legend" }, ...items);
}

function mark(within, at) { // the step that is selected, and its messages: few stops for the tab key
  for (const part of within.querySelectorAll("[data-at]")) part.classList.toggle("now", Number(part.dataset.at) === at);
  for (const message of within.querySelectorAll(".message")) {
    const now = at > 0 && [message.dataset.sent, message.dataset.end].map(Number).includes(at);
    message.classList.toggle("now", now);
    message.setAttribute("tabindex", now ? 0 : -1);
  }
}

function tell(message) {
  hideTip();
  if (!message) return;
  const box = message.getBoundingClientRect();
  const tip = html("div", { id: "tip", role: "tooltip" }, message.getAttribute("aria-label"));
  document.body.append(tip);
  const left = Math.min(box.left + box.width / 2, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${box.top + box.height / 2 + 14 + scrollY}px`;
}
const hideTip = () => document.getElementById("tip")?.remove();
