// Document an incident from JavaScript: publish a command, wait for its outcome, and ask a query.
//
// Start a system with `incidents up --nats-port 4222`. Then, in a second terminal, with Node 20 or later:
//
//     node examples/on_node.mjs nats://127.0.0.1:4222 .incidents/creds/admin.creds
import { randomUUID } from "node:crypto";
import { connect } from "./nats.mjs";

const SITE = "main";
if (process.argv.length !== 4) {
  console.error("usage: node examples/on_node.mjs url credentials");
  process.exit(2);
}
const nats = await connect(...process.argv.slice(2));
const me = nats.principal, project = randomUUID(), command = randomUUID();

const kept = nats.hear(`_INBOX_${me}.kept`);
const outcome = nats.hear(`im.${SITE}.out.${me}.${command}`);
const body = { project_id: project, description: "A bag was left at gate 4" };
nats.publish(`im.${SITE}.cmd.${me}.projects.${project}.create`, `_INBOX_${me}.kept`, { "Nats-Msg-Id": command }, body);
await kept; // from here on, the command is durable and has exactly one outcome
const { status, result } = await outcome;
console.log(`${status}: project ${result.number}`);

const answer = nats.hear(`_INBOX_${me}.answer`);
nats.publish(`im.${SITE}.qry.${me}.projects.get`, `_INBOX_${me}.answer`, {}, { project_id: project });
console.log((await answer).description);
nats.close();
