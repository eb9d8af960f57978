// A new referral: what is typed is kept by the server at every pause, and a dead network loses nothing.
// Nothing is kept in the browser. Without this script every button still works.

const PAUSE = 2000;
const PATIENCE = 15000;
const AGAIN = 4000;

const form = () => document.querySelector(".sheet-form");
const offline = (dead) => {
  const notice = form()?.querySelector(".offline");
  if (notice && notice.hidden === dead) notice.hidden = !dead;
};

const post = (url, body) =>
  fetch(url, { method: "POST", body, headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });

// A session that is locked or over says so in one word: the page stays as it is, and lock.js covers it.
const refused = (answer) => {
  if (!answer.headers.has("BHU-Refused")) return false;
  document.dispatchEvent(new CustomEvent("bhu:refused", { detail: answer }));
  return true;
};

// Keeping

let timer, running, kept = "";

const text = (sheet) => new URLSearchParams(new FormData(sheet)).toString();

const later = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(keep, wait);
};

const words = (said) => {
  const panel = form()?.querySelector(".words");
  if (!panel) return;
  panel.hidden = said.length === 0;
  panel.querySelector("strong").textContent = said.join(", ");
};

async function keep() {
  const sheet = form();
  const url = sheet?.dataset.keep;
  if (!url || running || sheet.dataset.sent || text(sheet) === kept) return;
  const said = text(sheet);
  const status = sheet.querySelector(".keeping");
  running = true;
  try {
    const answer = await post(url, new FormData(sheet));
    offline(false);
    if (refused(answer)) {
      status.textContent = status.dataset.failed;
      kept = said;
    } else if (answer.ok) {
      const { version, url: address, words: found } = await answer.json();
      sheet.elements.version.value = version;
      sheet.action = address;
      history.replaceState(null, "", address);
      kept = said.replace(/(^|&)version=\d+/, `$1version=${version}`);
      status.textContent = `${status.dataset.kept} ${new Date().toLocaleTimeString([], { timeStyle: "short" })}`;
      words(found);
    } else if (answer.status === 409) {
      status.textContent = status.dataset.conflict;
      kept = said;
    } else {
      status.textContent = status.dataset.failed;
      kept = said;
    }
  } catch {
    offline(true);
    later(AGAIN);
  } finally {
    running = false;
  }
  if (form() && text(form()) !== kept && !form().dataset.sent) later(PAUSE);
}

// Sending a page: by the same way, so that a dead network leaves it standing with everything in it

const show = (page) => {
  const read = new DOMParser().parseFromString(page, "text/html");
  document.title = read.title;
  document.querySelector("main").replaceWith(read.querySelector("main"));
  begin();
  const focus = document.querySelector("main .faults") ?? document.querySelector("main");
  focus.focus();
  scrollTo(0, 0);
};

async function send(sheet, button) {
  clearTimeout(timer);
  while (running) await new Promise((done) => setTimeout(done, 50));
  const body = new FormData(sheet, button);
  try {
    const answer = await post(sheet.action, body);
    offline(false);
    const address = answer.headers.get("HX-Redirect");
    if (address) {
      // The Back button is to find the draft, not an empty page.
      if (sheet.dataset.draft) history.replaceState(null, "", sheet.dataset.draft);
      location.assign(address);
      return;
    }
    if (!refused(answer)) show(await answer.text());
  } catch {
    offline(true);
    later(AGAIN);
  }
  delete sheet.dataset.sent;
}

function begin() {
  const sheet = form();
  if (!sheet) return;
  kept = text(sheet);
  sheet.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sheet.dataset.going) return;
    sheet.dataset.going = sheet.dataset.sent = "yes";
    send(sheet, event.submitter).finally(() => {
      delete sheet.dataset.going;
    });
  });
  if (sheet.dataset.keep) sheet.addEventListener("input", () => later(PAUSE));
  for (const step of sheet.querySelectorAll(".step")) {
    step.addEventListener("change", () => {
      let next = step.nextElementSibling;
      while (next && !next.offsetHeight) next = next.nextElementSibling;
      next?.scrollIntoView({ block: "center" });
    });
  }
}

addEventListener("online", () => keep());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const sheet = form();
  sheet?.requestSubmit(sheet.querySelector(".end button[type=submit]"));
});

begin();
