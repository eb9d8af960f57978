// Covers the page when nobody was at work for a while. The page stays as it is underneath, so nothing typed is lost.
// Nothing is kept in the browser's stores; windows of this site tell each other through a channel.

import { fill } from "./passkey.js";

const lock = document.querySelector("#lock");
if (lock) watch();

function watch() {
  const idle = Number(lock.dataset.idle) * 1000;
  const early = 10_000; // before the server locks by itself
  const others = new BroadcastChannel("bhu-lock");
  const panel = lock.querySelector("[data-panel]");
  const faults = lock.querySelector(".faults");
  let seen = Date.now();
  let told = seen;

  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const post = (address, body = new FormData()) =>
    fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token() } });

  async function cover({ tell = true } = {}) {
    if (lock.open) return;
    document.documentElement.classList.add("covered");
    lock.showModal();
    if (tell) {
      others.postMessage("locked");
      await post(lock.dataset.lock).then(judge, () => {});
    }
    await load();
  }

  async function load() {
    const answer = await fetch(lock.dataset.lock).catch(() => null);
    if (answer?.ok) panel.innerHTML = await answer.text();
    else if (answer && answer.headers.get("BHU-Refused") === "signed-out") gone();
    panel.querySelector("button, input:not([type=hidden])")?.focus();
  }

  function uncover() {
    seen = told = Date.now();
    document.documentElement.classList.remove("covered");
    panel.replaceChildren();
    faults.hidden = true;
    lock.close();
  }

  function gone() {
    panel.replaceChildren(document.querySelector("#lock-gone").content.cloneNode(true));
    panel.querySelector("[data-back]").addEventListener("click", async () => {
      const answer = await fetch(lock.dataset.active);
      if (answer.ok) uncover();
    });
    if (!lock.open) {
      document.documentElement.classList.add("covered");
      lock.showModal();
    }
  }

  function judge(answer) {
    const why = answer.headers.get("BHU-Refused");
    if (why === "locked") cover({ tell: false });
    else if (why === "signed-out") gone();
    return answer;
  }

  function say(errors) {
    faults.replaceChildren(...errors.map((each) => Object.assign(document.createElement("p"), { textContent: each })));
    faults.hidden = false;
    faults.focus();
  }

  lock.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("unlock" in form.dataset)) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      if (form.dataset.passkey) await fill(form);
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (answer.status === 204) {
        others.postMessage("unlocked");
        uncover();
      } else if (answer.status === 422) say((await answer.json()).errors);
      else if (answer.headers.get("BHU-Refused") === "signed-out") gone();
      else say([lock.dataset.failed]);
    } catch (problem) {
      if (problem.name !== "NotAllowedError" && problem.name !== "AbortError") say([lock.dataset.failed]);
    }
  });

  lock.addEventListener("cancel", (event) => event.preventDefault());
  lock.addEventListener("close", () => {
    if (document.documentElement.classList.contains("covered")) lock.showModal();
  });

  others.addEventListener("message", ({ data }) => {
    if (data === "active") seen = Date.now();
    else if (data === "locked") cover({ tell: false });
    else if (data === "unlocked" && lock.open) uncover();
  });

  function work() {
    if (lock.open) return;
    seen = Date.now();
    if (seen - told < 60_000) return;
    told = seen;
    others.postMessage("active");
    post(lock.dataset.active).then(judge, () => {});
  }
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, work, { capture: true, passive: true });

  function look() {
    if (!lock.open && Date.now() - seen >= idle - early) cover();
  }
  setInterval(look, 5_000);
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", ({ persisted }) => {
    look();
    if (persisted) fetch(lock.dataset.active).then(judge, () => {});
  });
  document.addEventListener("htmx:responseError", ({ detail }) =>
    judge({ headers: { get: (name) => detail.xhr.getResponseHeader(name) } }),
  );
  document.addEventListener("bhu:refused", ({ detail }) => judge(detail));
  for (const button of document.querySelectorAll("[data-lock-now]")) button.addEventListener("click", () => cover());
}
