// Passkeys: a form with data-passkey asks the browser for one before it is sent, and carries the answer.
//
// data-passkey   "get" to show one, "create" to make one
// data-options   the address that says what to ask for, or
// data-options-in  the id of the element that holds it
// data-also      the id of a tick box elsewhere whose answer goes along

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const named = (list = []) => list.map((each) => ({ ...each, id: bytes(each.id) }));

const KINDS = {
  async get({ publicKey: asked }) {
    const options = { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials) };
    return navigator.credentials.get({ publicKey: options });
  },
  async create({ publicKey: asked }) {
    const options = {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials),
      authenticatorSelection: {
        ...asked.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
    };
    return navigator.credentials.create({ publicKey: options });
  },
};

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function asked(form) {
  if (form.dataset.optionsIn) {
    const held = JSON.parse(document.getElementById(form.dataset.optionsIn).textContent);
    return held.creation_options ?? held.request_options;
  }
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const said = await answer.json();
  return said.request_options ?? said;
}

/** Ask for the passkey and put it into the form. Throws what the browser throws when the person says no. */
export async function fill(form) {
  form.elements.credential.value = written(await KINDS[form.dataset.passkey](await asked(form)));
  const also = document.getElementById(form.dataset.also ?? "");
  if (also?.checked) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: also.name, value: "on" }));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey) return;
  event.preventDefault();
  try {
    await fill(form);
    form.submit();
  } catch (problem) {
    delete form.dataset.sent;
    if (problem.name !== "NotAllowedError" && problem.name !== "AbortError") throw problem;
  }
});
