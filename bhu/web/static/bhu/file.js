// The page of one referral: keys for what is done most, copying, printing. Everything works without it.

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
  document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`)?.click();
});

for (const button of document.querySelectorAll("[data-copies]")) {
  const text = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
    } catch {
      // Not every browser lets a page write there: the text stays selected, to be copied by hand.
      text.focus();
      text.select();
      return;
    }
    button.querySelector("span").textContent = button.dataset.copied;
  });
}

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
