// A question that hangs on another is folded away while the other was answered so that it is not asked.
// Without this script all of them are shown, and the server leaves out what does not belong.

function given(after) {
  const boxes = document.querySelectorAll(`[name="${CSS.escape(after.slice(3))}"]`);
  const one = [...boxes].find((box) => box.type !== "radio" || box.checked);
  return one ? one.value : "";
}

function asked({ after, answer, operator }) {
  const said = given(after);
  if (said === "") return true;
  if (operator === "=") return said === answer;
  if (operator === "!=") return said !== answer;
  return Number(said) >= Number(answer);
}

function fold() {
  for (const question of document.querySelectorAll("[data-after]")) {
    question.hidden = !asked(question.dataset);
  }
}

document.querySelector("form.screen").addEventListener("change", fold);
fold();
