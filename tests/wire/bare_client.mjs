// A client that knows the published document and nothing else of the product: every subject, header and body below is
// made from it. Arguments: the document as JSON, the URL of NATS, the credentials file.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "../../examples/nats.mjs";

const [path, url, credentials] = process.argv.slice(2);
const wire = JSON.parse(readFileSync(path, "utf8"));
const { principal: me, hear, publish, close } = await connect(url, credentials);

const at = (reference) => reference.slice(2).split("/").reduce((part, name) => part[name], wire);
const resolved = (form) => (form.$ref ? resolved(at(form.$ref)) : form);
const filled = (address, values) => address.replace(/{(\w+)}/g, (_, name) => values[name] ?? resolved({ $ref: `#/components/parameters/${name}` }).default);

// What an operation sends where, and where its answers come. The body has the required fields as in the message's example,
// and `values`: a fresh site has none of the types and statuses that an example may name.
function asking(name, values) {
  const operation = wire.operations[name];
  const message = at(operation.messages[0].$ref);
  const channel = at(operation.channel.$ref);
  const required = resolved(message.payload).required ?? [];
  const body = { ...Object.fromEntries(required.map((one) => [one, message.examples[0].payload[one]])), ...values };
  return { message, body, subject: filled(channel.address, { principal: me, ...body }), replies: at(operation.reply.channel.$ref).address };
}

// The types, required fields and constants that a form names, as far as a client must see to it.
function fits(value, given) {
  const form = resolved(given);
  if (form.allOf) return form.allOf.every((one) => fits(value, one));
  if (form.anyOf) return form.anyOf.some((one) => fits(value, one));
  if ("const" in form && value !== form.const) return false;
  if (form.enum && !form.enum.includes(value)) return false;
  const kinds = { object: (x) => x !== null && typeof x === "object" && !Array.isArray(x), array: Array.isArray, integer: Number.isInteger, null: (x) => x === null };
  if (form.type && !(kinds[form.type] ?? ((x) => typeof x === form.type))(value)) return false;
  const inside = Object.entries(form.properties ?? {}).every(([name, one]) => !(name in value) || fits(value[name], one));
  return inside && (form.required ?? []).every((name) => name in value);
}

const id = randomUUID(), project = randomUUID();
const command = asking("cmd.projects.create", { project_id: project, description: "Made from the document." });
const outcome = hear(filled(command.replies, { principal: me, command_id: id }));
const kept = hear(`_INBOX_${me}.kept`);
publish(command.subject, `_INBOX_${me}.kept`, { "Nats-Msg-Id": id }, command.body);

const query = asking("qry.projects.get", { project_id: project });
const [stored, told] = [await kept, await outcome];
const inbox = filled(query.replies, { principal: me, inbox: "answer" });
const answer = hear(inbox);
publish(query.subject, inbox, {}, query.body);
const found = await answer;

const forms = Object.fromEntries(wire.operations["cmd.projects.create"].reply.messages.map(({ $ref }) => [$ref.split("/").at(-1), at($ref).payload]));
const answers = at(wire.operations["qry.projects.get"].reply.messages[0].$ref).payload;
console.log(JSON.stringify({
  stored: stored.stream, id, project, told, found,
  fits: [fits(told, forms["CreateProject.applied"]), fits(found, answers)],
  misfits: [fits({}, answers), fits({ ...told, status: "rejected" }, forms["CreateProject.applied"])],
}));
close();
