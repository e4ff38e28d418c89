"use strict";
// Lists the operations of /openapi.json, and sends requests to them.

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const key = () => document.getElementById("key").value;
const headers = () => (key() ? { Authorization: `Bearer ${key()}` } : {});

/** An example of a schema, as deep as it goes. */
function example(schema, whole, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return example(whole.components.schemas[schema.$ref.split("/").pop()], whole, depth + 1);
  const alternatives = schema.oneOf || schema.anyOf;
  if (alternatives) return example(alternatives.find((one) => one.type !== "null"), whole, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => example(one, whole, depth + 1)));
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (schema.enum) return schema.enum[0];
  if (type === "object") {
    const required = new Set(schema.required || []);
    const entries = Object.entries(schema.properties || {}).filter(([name]) => required.has(name) || name === "prompt");
    return Object.fromEntries(entries.map(([name, one]) => [name, name === "prompt" ? "a red ball to the left of a blue cube" : example(one, whole, depth + 1)]));
  }
  if (type === "array") return [];
  if (type === "integer" || type === "number") return schema.minimum ?? 0;
  if (type === "boolean") return false;
  return "";
}

function operation(method, path, about, whole) {
  const inputs = (about.parameters || []).filter((one) => one.in !== "header").map((one) => {
    const input = element("input", { name: one.name });
    return { ...one, input, label: element("label", {}, `${one.name} (${one.in})${one.description ? `: ${one.description}` : ""}`, input) };
  });
  const content = about.requestBody && about.requestBody.content;
  const json = content && content["application/json"];
  const body = json && element("textarea", { value: JSON.stringify(example(json.schema, whole), null, 2), ariaLabel: "Body" });
  const file = content && !json && element("input", { type: "file", ariaLabel: "File" });
  const answer = element("pre", { hidden: true, tabIndex: 0 });
  const send = element("button", { type: "button" }, "Send");
  send.onclick = async () => {
    let address = path;
    const query = new URLSearchParams();
    for (const one of inputs) {
      if (one.in === "path") address = address.replace(`{${one.name}}`, encodeURIComponent(one.input.value));
      else if (one.input.value) query.set(one.name, one.input.value);
    }
    if ([...query].length) address += `?${query}`;
    const options = { method: method.toUpperCase(), headers: headers() };
    if (body) Object.assign(options, { body: body.value, headers: { ...headers(), "Content-Type": "application/json" } });
    if (file) Object.assign(options, { body: file.files[0], headers: { ...headers(), "Content-Type": Object.keys(content)[0] } });
    answer.hidden = false;
    answer.textContent = "…";
    try {
      const got = await fetch(address, options);
      const kind = got.headers.get("Content-Type") || "";
      if (kind.startsWith("image/png")) {
        const url = URL.createObjectURL(await got.blob());
        answer.replaceChildren(`${got.status}\n`, element("img", { src: url, alt: "The picture" }));
        return;
      }
      const text = await got.text();
      answer.textContent = `${got.status} ${kind}\n${kind.startsWith("application/json") && text ? JSON.stringify(JSON.parse(text), null, 2) : text}`;
    } catch (error) {
      answer.textContent = String(error);
    }
  };
  const parts = [element("p", {}, about.summary || "", " ", about.description || ""), ...inputs.map((one) => one.label)];
  for (const part of [body, file, send, answer]) if (part) parts.push(part);
  return element("details", {}, element("summary", {}, element("code", {}, `${method.toUpperCase()} ${path}`), ` ${about.summary || ""}`), ...parts);
}

async function start() {
  const place = document.getElementById("operations");
  const got = await fetch("/openapi.json", { headers: headers() });
  if (!got.ok) {
    place.textContent = "Give an API key above, then press Enter.";
    return;
  }
  const whole = await got.json();
  const byTag = new Map((whole.tags || []).map((tag) => [tag.name, { about: tag.description, found: [] }]));
  for (const [path, methods] of Object.entries(whole.paths)) {
    for (const [method, about] of Object.entries(methods)) {
      const tag = (about.tags || ["other"])[0];
      if (!byTag.has(tag)) byTag.set(tag, { about: "", found: [] });
      byTag.get(tag).found.push(operation(method, path, about, whole));
    }
  }
  place.replaceChildren(...[...byTag].map(([tag, { about, found }]) => element("section", {}, element("h2", {}, tag), element("p", {}, about || ""), ...found)));
}

document.getElementById("key").onchange = start;
start();
