// fhir-kit-client, unmodified, goes the whole way. In: two seats and a bundle. Out: what it found.
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { Client } from "fhir-kit-client";

const { sender, unit, bundle } = JSON.parse(readFileSync(0, "utf-8"));

function assertion(seat, audience) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = { alg: "ES384", kid: seat.key.kid, typ: "JWT" };
  const exp = Math.floor(Date.now() / 1000) + 240;
  const claims = { iss: seat.client_id, sub: seat.client_id, aud: audience, exp, jti: randomUUID() };
  const text = `${part(header)}.${part(claims)}`;
  const key = createPrivateKey({ key: seat.key, format: "jwk" });
  return `${text}.${sign("sha384", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

async function connected(seat) {
  const client = new Client({ baseUrl: seat.fhir });
  const endpoint = (await client.smartAuthMetadata()).tokenUrl.href;
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    scope: seat.scope,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion(seat, endpoint),
  });
  const said = await (await fetch(endpoint, { method: "POST", body })).json();
  client.bearerToken = said.access_token;
  return { client, endpoint };
}

const { client: ours } = await connected(sender);
const { client: theirs, endpoint } = await connected(unit);

const sent = await ours.transaction({ body: bundle });
const places = sent.entry.map((row) => row.response.location.split("/"));
const id = places.map((place) => place[place.indexOf("Task") + 1]).at(places.findIndex((place) => place.includes("Task")));

let page = await theirs.search({ resourceType: "Task", searchParams: { status: "requested", _count: 1 } });
let task;
while (page && !task) {
  task = (page.entry ?? []).map((row) => row.resource).find((each) => each.id === id);
  page = await theirs.nextPage({ bundle: page });
}
const patient = await theirs.resolve({ reference: task.for.reference, context: task });
const posted = await theirs.search({
  resourceType: "QuestionnaireResponse",
  searchParams: { patient: patient.id },
  options: { postSearch: true },
});
if (posted.entry.length !== 1) throw new Error("the screen was not found by POST");

const read = await theirs.read({ resourceType: "Task", id });
const accepted = await theirs.update({ resourceType: "Task", id, body: { ...read, status: "accepted" } });
const history = await theirs.resourceHistory({ resourceType: "Task", id });
const patched = await theirs.patch({
  resourceType: "Task",
  id,
  jsonPatch: [{ op: "replace", path: "/status", value: "in-progress" }],
});
console.log(
  JSON.stringify({
    endpoint,
    family: patient.name[0].family,
    accepted: accepted.status,
    history: history.entry.map((row) => row.resource.status),
    patched: patched.status,
    sender: (await ours.read({ resourceType: "Task", id })).status,
  }),
);
