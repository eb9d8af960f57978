// What every page for staff does: a form is sent once, and focus goes to what is wrong with it.

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
  });
}

// A page that comes back from the browser's memory may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.querySelector(".faults")?.focus();

// Single letters are keys of some pages. Whoever speaks to their browser, or hits letters unmeant, turns them off here.
const keys = document.querySelector("[data-keys-on]");
function sayKeys() {
  const off = localStorage.getItem("keys") === "off";
  document.documentElement.dataset.keys = off ? "off" : "on";
  if (keys) keys.textContent = off ? keys.dataset.keysOff : keys.dataset.keysOn;
}
sayKeys();
if (keys) keys.hidden = false;
keys?.addEventListener("click", () => {
  localStorage.setItem("keys", document.documentElement.dataset.keys === "off" ? "on" : "off");
  sayKeys();
});

// Without a network the browser shows a page that says what to do; it keeps that page and nothing else.
navigator.serviceWorker?.register("/worker.js");
