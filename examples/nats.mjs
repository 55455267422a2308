// The part of the NATS protocol that the examples need, so that they run on Node without packages.
// Your own program should use the NATS library for JavaScript, which also reconnects.
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect as dial } from "node:net";

// The seed of the credentials file signs the server's nonce.
function signature(seed, nonce) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...seed].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const key = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), bytes.subarray(2, 34)]);
  return sign(null, Buffer.from(nonce), createPrivateKey({ key, format: "der", type: "pkcs8" })).toString("base64url");
}

// Resolves to a connection as the principal of the credentials.
export async function connect(url, credentials) {
  const file = readFileSync(credentials, "utf8");
  const jwt = file.match(/BEGIN NATS USER JWT-----\s+(\S+)/)[1];
  const seed = file.match(/BEGIN USER NKEY SEED-----\s+(\S+)/)[1];
  const principal = JSON.parse(Buffer.from(jwt.split(".")[1], "base64url")).name;
  const socket = dial(Number(new URL(url).port), new URL(url).hostname);
  const waiting = new Map(); // by the number of the subscription
  let buffer = Buffer.alloc(0), subscriptions = 0, isGreeted = false, ready;
  const greeted = new Promise((resolve) => (ready = resolve));

  function greet({ nonce }) {
    isGreeted = true;
    const options = { jwt, sig: signature(seed, nonce), verbose: false, headers: true, no_responders: true, protocol: 1, lang: "js", version: "0" };
    socket.write(`CONNECT ${JSON.stringify(options)}\r\nPING\r\n`);
  }

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
      if (kind === "INFO" && !isGreeted) greet(JSON.parse(words.join(" "))); // a server may send it again later
      if (kind === "PING") socket.write("PONG\r\n");
      if (kind === "PONG") ready();
      if (kind === "-ERR") throw new Error(words.join(" "));
    }
  }

  socket.on("data", (data) => { buffer = Buffer.concat([buffer, data]); read(); });
  await greeted;

  // Subscribes to a subject and resolves to the body of its next message.
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

  return { principal, hear, publish, close: () => socket.end() };
}
