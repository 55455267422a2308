// A client that knows the published document and nothing else of the product: every subject, header and body below is
// made from it. It speaks NATS over plain TCP. Arguments: the document as JSON, host, port, credentials file.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createPrivateKey, randomUUID, sign } from "node:crypto";

const [path, host, port, credentials] = process.argv.slice(2);
const wire = JSON.parse(readFileSync(path, "utf8"));
const creds = readFileSync(credentials, "utf8");
const jwt = creds.match(/BEGIN NATS USER JWT-----\s+(\S+)/)[1];
const seed = creds.match(/BEGIN USER NKEY SEED-----\s+(\S+)/)[1];
const me = JSON.parse(Buffer.from(jwt.split(".")[1], "base64url")).name;

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

function signature(nonce) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...seed].map((one) => alphabet.indexOf(one).toString(2).padStart(5, "0")).join("");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const key = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), bytes.subarray(2, 34)]);
  return sign(null, Buffer.from(nonce), createPrivateKey({ key, format: "der", type: "pkcs8" })).toString("base64url");
}

const socket = connect(Number(port), host);
const waiting = new Map(); // by the number of the subscription
let buffer = Buffer.alloc(0), subscriptions = 0, isGreeted = false, ready;
const greeted = new Promise((resolve) => (ready = resolve));

function read() {
  for (let end; (end = buffer.indexOf("\r\n")) >= 0; ) {
    const [kind, ...words] = buffer.subarray(0, end).toString().split(" ");
    if (kind === "MSG" || kind === "HMSG") {
      const size = Number(words.at(-1));
      if (buffer.length < end + 2 + size + 2) return;
      const head = kind === "HMSG" ? Number(words.at(-2)) : 0;
      const body = buffer.subarray(end + 2 + head, end + 2 + size).toString();
      buffer = buffer.subarray(end + 2 + size + 2);
      waiting.get(words[1])?.(JSON.parse(body));
      continue;
    }
    buffer = buffer.subarray(end + 2);
    if (kind === "INFO" && !isGreeted) greet(JSON.parse(words.join(" "))); // a server may say it again later
    if (kind === "PING") socket.write("PONG\r\n");
    if (kind === "PONG") ready();
    if (kind === "-ERR") throw new Error(words.join(" "));
  }
}

function greet({ nonce }) {
  isGreeted = true;
  const told = { jwt, sig: signature(nonce), verbose: false, headers: true, no_responders: true, protocol: 1, lang: "js", version: "0" };
  socket.write(`CONNECT ${JSON.stringify(told)}\r\nPING\r\n`);
}

function hear(subject) {
  const number = String(++subscriptions);
  socket.write(`SUB ${subject} ${number}\r\n`);
  return new Promise((resolve) => waiting.set(number, resolve));
}

function publish(subject, reply, headers, body) {
  const head = ["NATS/1.0", ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  const text = JSON.stringify(body), size = Buffer.byteLength(head);
  socket.write(`HPUB ${subject} ${reply} ${size} ${size + Buffer.byteLength(text)}\r\n${head}${text}\r\n`);
}

socket.on("data", (data) => { buffer = Buffer.concat([buffer, data]); read(); });
await greeted;

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
socket.end();
