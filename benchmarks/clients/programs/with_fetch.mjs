// Node's own fetch: bare, or in the loop that people write around it. Needs Node 18, no package.
import { createInterface } from "node:readline";

const retries = Number(process.argv[2]);
const BACKOFF_MS = 200;

async function sendOnce(call) {
  const reply = await fetch(call.url, {
    method: call.method,
    headers: call.headers,
    body: call.body,
    signal: AbortSignal.timeout(call.timeout_s * 1000),
  });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  const answer = await reply.text();
  JSON.parse(answer);
  return answer;
}

async function send(call) {
  for (let attempt = 0; attempt < retries; attempt++) {
    try {
      return await sendOnce(call);
    } catch {
      await new Promise((done) => setTimeout(done, BACKOFF_MS * 2 ** attempt));
    }
  }
  return sendOnce(call);
}

async function make(call) {
  let told;
  try {
    told = { id: call.id, answer: await send(call), error: null };
  } catch (error) {
    told = { id: call.id, answer: null, error: String(error) };
  }
  process.stdout.write(JSON.stringify(told) + "\n");
}

const calls = [];
for await (const line of createInterface({ input: process.stdin })) calls.push(JSON.parse(line));
await Promise.all(calls.map(make));
