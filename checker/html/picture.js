// The space-time diagram: a lane for each node, a row for each step, time downwards, messages as arrows.

const ROW = 84, LEFT = 46;
const REACH = { delivered: 1, lost: 0.72, dropped: 0.72, "in transit": 0.42 }; // how much of the way is drawn
const SYMBOLS = {
  action: "a step of its own", timeout: "a timeout", receive: "takes a message", crash: "crashes", restart: "restarts",
};

function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
const html = (tag, attributes = {}, ...children) => make(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

const y = (at) => (at + 0.5) * ROW;
const pitch = (story) => Math.max(96, Math.min(140, 470 / story.nodes.length));
const x = (story, lane) => LEFT + 26 + lane * pitch(story);
const BESIDE = 134; // what is written beside the last lane's marks
const extent = (story) => (story.nodes.length ? x(story, story.nodes.length - 1) + BESIDE : LEFT + 20);

function picture(story, onpick) {
  const wide = extent(story), { frames, messages } = story;
  const said = [[story.nodes.length, "node"], [frames.length - 1, "step"], [messages.length, "message"]];
  const label = `Space-time diagram: ${said.map((part) => counted(...part)).join(", ")}; time runs downwards`;
  const size = { width: wide, height: frames.length * ROW };
  return svg("svg", { class: "picture", role: "group", "aria-label": label, ...size },
    ...frames.map((frame, at) => band(frame, wide, at, onpick)),
    ...frames.flatMap((frame, at) => split(frame, wide, at)),
    ...story.nodes.flatMap((name, lane) => frames.map((frame, at) => piece(story, frame, name, lane, at))),
    ...loop(story),
    ...messages.map((message) => arrow(story, message)),
    ...frames.flatMap((frame, at) => marks(story, frame, at)));
}

const band = (frame, wide, at, onpick) => svg("g",
  { class: frame.otherwise ? "band otherwise" : "band", "data-at": at, click: () => onpick(at) },
  svg("rect", { x: 0, width: wide, y: at * ROW, height: ROW }),
  svg("text", { x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" }, String(at)));

function split(frame, wide, at) {
  if (frame.standing === null) return [];
  return [svg("rect", { class: "split", x: LEFT, width: wide - LEFT, y: y(at), height: ROW })];
}

function piece(story, frame, name, lane, at) { // a lane from one step to the next
  const down = at + 1 < story.frames.length ? y(at + 1) : y(at) + ROW / 2;
  const look = frame.up[lane] ? `lane role${role(story, frame, name) % 6}` : "lane down";
  return svg("line", { class: look, "data-lane": lane, x1: x(story, lane), x2: x(story, lane), y1: y(at), y2: down });
}

function role(story, frame, name) {
  const number = story.tables.findIndex((table) => table.columns.includes(name)), table = story.tables[number];
  if (table.role === null) return 0;
  const said = frame.cells[number][table.role][table.columns.indexOf(name)];
  return Math.max(0, table.roles.indexOf(story.texts[said]));
}

function loop(story) {
  if (story.loop === null) return [];
  const last = story.frames.length - 1, begin = y(story.loop);
  const end = last === story.loop ? y(last) + 22 : y(last);
  return [
    svg("path", { class: "loop", d: `M 22 ${end} H 9 V ${begin} H 21 m -6 -4 l 6 4 l -6 4` }),
    svg("text", { class: "loop-said", x: 4, y: begin - 10 }, "for ever"),
  ];
}

function described(story, message) {
  const sent = message.sent ? `sent in step ${message.sent}` : "under way from the beginning";
  const copied = message.copied === null ? "" : `, copied in step ${message.copied}`;
  const fate = message.end === null ? "still under way at the end" : `${message.fate} in step ${message.end}`;
  return `${message.said}, from ${story.nodes[message.src]} to ${story.nodes[message.dst]}: ${sent}${copied}, ${fate}`;
}

function route(story, message) { // the line of an arrow, its end, its angle there, and where to write beside it
  const from = { x: x(story, message.src), y: y(message.sent) }, own = message.src === message.dst;
  const across = (x(story, message.dst) - from.x) * REACH[message.fate];
  const down = message.end === null ? ROW * 0.34 : y(message.end) - from.y;
  const side = own ? 1 : Math.sign(across);
  if (own) {
    const to = { x: from.x + 8, y: from.y + down };
    const out = from.x + 56; // a bow to the right
    return { line: `M ${from.x} ${from.y} C ${out} ${from.y + 6} ${out} ${to.y - 6} ${to.x} ${to.y}`,
      to, angle: 172, spot: { x: from.x - 14, y: to.y - 9 }, side };
  }
  const short = message.fate === "delivered" ? 8 / Math.hypot(across, down) : 0; // ends at the rim of the mark
  const to = { x: from.x + across * (1 - short), y: from.y + down * (1 - short) };
  const aside = Math.max(14, Math.abs(across) * 10 / Math.max(24, down));
  const spot = { x: from.x + across - side * aside, y: from.y + down - 9 };
  const angle = Math.atan2(down, across) * 180 / Math.PI;
  return { line: `M ${from.x} ${from.y} L ${to.x} ${to.y}`, to, angle, spot, side };
}

function arrow(story, message) {
  const { line, to, angle, spot, side } = route(story, message), said = described(story, message);
  const waits = message.end === null, stopped = message.fate === "lost" || message.fate === "dropped";
  const named = message.fate === "delivered" || message.fate === "lost";
  const looks = ["message", waits && "waiting", message.copied !== null && "copy", message.notice && "notice"];
  const tip = (event) => showTip(event.currentTarget, said);
  const head = stopped ? svg("path", { class: "mark x", d: cross(to.x, to.y, 5) })
    : svg("path", { class: "head", transform: `translate(${to.x} ${to.y}) rotate(${angle})`,
      d: waits ? "M -5 -3 L 1 0 L -5 3 Z" : "M -9 -5 L 2 0 L -9 5 Z" });
  const name = svg("text", { x: spot.x, y: spot.y, "text-anchor": side > 0 ? "end" : "start" },
    message.fate === "lost" ? `${message.name} lost` : message.name);
  return svg("g", { class: looks.filter(Boolean).join(" "), role: "img", tabindex: -1, "aria-label": said,
    "data-sent": message.sent, "data-end": message.end ?? -1,
    mouseenter: tip, mouseleave: hideTip, focus: tip, blur: hideTip },
  svg("path", { class: "hit", d: line }), svg("path", { class: "flight", d: line }), head, ...(named ? [name] : []));
}

const cross = (at, high, r) => `M ${at - r} ${high - r} l ${2 * r} ${2 * r} m 0 ${-2 * r} l ${-2 * r} ${2 * r}`;

function marks(story, frame, at) {
  const right = story.nodes.length ? x(story, story.nodes.length - 1) : LEFT;
  const line = (a, b) => svg("line", { class: "cut", x1: a, x2: b, y1: y(at), y2: y(at) });
  if (frame.kind === "lose" || at === 0) return [];
  if (frame.kind === "disconnect") {
    const [a, b] = frame.lanes.map((lane) => x(story, lane)), middle = (a + b) / 2;
    return [line(a, b), svg("path", { class: "mark x", d: cross(middle, y(at), 6) }),
      svg("text", { x: middle, y: y(at) - 10, "text-anchor": "middle" }, "the link breaks")];
  }
  if (!story.nodes.length) return [symbol(frame.kind, LEFT + 6, y(at), at)];
  if (frame.lane === null)
    return [line(LEFT + 6, right + BESIDE - 10), svg("text", { x: right + 13, y: y(at) - 7 }, frame.brief)];
  const place = x(story, frame.lane);
  if (frame.kind === "duplicate")
    return [svg("text", { x: place, y: y(at) + 4, "text-anchor": "middle" }, "a copy is made")];
  return [symbol(frame.kind, place, y(at), at), beside(story, frame, at, place)];
}

function beside(story, frame, at, place) { // below an arrow that comes from the right
  const here = story.messages.filter((message) => message.end === at && message.fate === "delivered");
  const fromRight = here.some((message) => message.src >= message.dst);
  const words = [...(["crash", "restart"].includes(frame.kind) ? [frame.kind] : []), ...frame.marks].slice(0, 2);
  const first = y(at) + (fromRight ? 16 : words.length > 1 ? -2 : 4);
  return svg("text", { class: frame.kind },
    ...words.map((word, number) => svg("tspan", { x: place + 13, y: first + 14 * number }, word)));
}

function symbol(kind, at, high, number = -1) {
  const look = { class: `mark ${kind}`, "data-at": number };
  if (kind === "crash") return svg("path", { ...look, d: cross(at, high, 7) });
  if (kind === "restart") return svg("path", { ...look, d: `M ${at - 7} ${high + 6} h 14 l -7 -13 Z` });
  if (kind === "timeout") return svg("rect", { ...look, x: at - 6, y: high - 6, width: 12, height: 12 });
  return svg("circle", { ...look, cx: at, cy: high, r: kind === "receive" ? 5 : 6.5 });
}

function legend(story) {
  const icon = (part) => svg("svg", { width: 18, height: 18, "aria-hidden": "true" }, part);
  const lane = (look) => icon(svg("line", { class: `lane ${look}`, x1: 9, x2: 9, y1: 0, y2: 18 }));
  const kinds = new Set(story.frames.map((frame) => frame.kind));
  const fates = new Set(story.messages.map((message) => message.fate));
  const items = Object.entries(SYMBOLS).filter(([kind]) => kinds.has(kind) && story.nodes.length)
    .map(([kind, said]) => [icon(symbol(kind, 9, 9)), said]);
  for (const table of story.tables.filter(({ role, columns }) => role !== null && story.nodes.includes(columns[0])))
    items.push(...table.roles.map((said, number) => [lane(`role${number % 6}`), said]));
  if (kinds.has("crash")) items.push([lane("down"), "down"]);
  if (fates.has("in transit")) items.push(["dotted arrow: sent, not delivered here"]);
  if (story.frames.some((frame) => frame.otherwise)) items.push(["red row: another step without the mistake"]);
  if (fates.has("lost") || fates.has("dropped")) items.push(["arrow ending in ×: never arrives"]);
  return html("ul", { class: "legend", "aria-label": "Legend" }, ...items.map((item) => html("li", {}, ...item)));
}

function showTip(target, said) {
  hideTip();
  const box = target.getBoundingClientRect(), tip = html("div", { id: "tip", role: "tooltip" }, said);
  document.body.append(tip);
  const left = Math.min(box.left + box.width / 2, innerWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left) + scrollX}px`;
  tip.style.top = `${box.top + box.height / 2 + 14 + scrollY}px`;
}
const hideTip = () => document.getElementById("tip")?.remove();
