// The board keeps itself true: it asks now and then whether anything changed, and moves by keys.

const board = document.getElementById("board");
const said = document.getElementById("asked");
const EVERY = 15_000;

// Whether anything changed. The question shows nothing and is no sign that somebody sits here.
async function ask() {
  if (document.hidden) return;
  const mark = board.querySelector("[data-mark]").dataset.mark;
  const places = new URLSearchParams(location.search).getAll("place");
  const query = new URLSearchParams([["mark", mark], ...places.map((place) => ["place", place])]);
  try {
    const answer = await fetch(`${board.dataset.still}?${query}`, { headers: { "HX-Request": "true" }, redirect: "manual" });
    if (answer.ok) said.textContent = "";
    if (answer.status === 200) htmx.trigger(board, "changed");
  } catch {
    said.textContent = said.dataset.lost;
  }
}
setInterval(ask, EVERY);
document.addEventListener("visibilitychange", ask);
addEventListener("online", ask);

// Running clocks.
const UNITS = [["day", 86_400, 2], ["hour", 3_600, 1], ["minute", 60, 0]];
function tick() {
  for (const clock of document.querySelectorAll("time.clock")) {
    const passed = Math.max(0, (Date.now() - Date.parse(clock.dateTime)) / 1000);
    const [unit, seconds] = UNITS.find(([, size, least]) => passed >= size * least);
    const words = new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit",
      unit,
      unitDisplay: unit === "day" ? "long" : "short",
      maximumFractionDigits: 0,
    });
    clock.textContent = words.format(Math.floor(passed / seconds));
  }
}
setInterval(tick, 30_000);

// Keys: j and k walk the rows; what a row's keys do is what its links and buttons do.
function rows() {
  return [...board.querySelectorAll("tbody tr")];
}
function current() {
  return document.activeElement?.closest?.("#board tbody tr");
}
function walk(by) {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.querySelector("a.open")?.focus();
}
const KEYS = {
  j: () => walk(1),
  k: () => walk(-1),
  a: () => current()?.querySelector("[data-key=a]")?.click(),
  d: () => current()?.querySelector("[data-key=d]")?.click(),
  "/": () => document.getElementById("id_quick").focus(),
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const off = document.documentElement.dataset.keys === "off";
  if (off || typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
