// Shows how many voters chose what. Open pages are told of changes through server-sent events.
'use strict';

const path = require('node:path');
const express = require('express');
const { Pool } = require('pg');

const port = Number(process.env.PORT || 8080);
const options = { a: process.env.OPTION_A || 'Cats', b: process.env.OPTION_B || 'Dogs' };
const pool = new Pool({
  connectionString: process.env.DATABASE_URL || 'postgres://postgres:postgres@db/postgres',
  connectionTimeoutMillis: 3000,
  max: 2,
});
pool.on('error', (error) => console.error(`result: database: ${error.message}`));

const pages = new Set();
let latest = { options, votes: { a: 0, b: 0 }, ready: false };

async function count() {
  const votes = { a: 0, b: 0 };
  const { rows } = await pool.query('SELECT vote, count(*) AS n FROM votes GROUP BY vote');
  for (const row of rows) {
    if (row.vote in votes) votes[row.vote] = Number(row.n);
  }
  return votes;
}

async function refresh() {
  let next;
  try {
    next = { options, votes: await count(), ready: true };
  } catch (error) {
    if (latest.ready) console.error(`result: database: ${error.message}`);
    next = { ...latest, ready: false };
  }
  if (JSON.stringify(next) !== JSON.stringify(latest)) {
    latest = next;
    for (const page of pages) send(page);
  }
  timer = setTimeout(refresh, 1000);
}

function send(page) {
  page.write(`data: ${JSON.stringify(latest)}\n\n`);
}

const app = express();
app.disable('x-powered-by');
app.use(express.static(path.join(__dirname, 'public')));
app.get('/healthz', (request, response) => response.json({ status: 'ok' }));
app.get('/votes', (request, response) => response.json(latest));
app.get('/events', (request, response) => {
  response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  pages.add(response);
  send(response);
  request.on('close', () => pages.delete(response));
});

const server = app.listen(port, () => console.log(`result: listening on port ${port}`));
let timer = setTimeout(refresh, 0);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    clearTimeout(timer);
    for (const page of pages) page.end();
    server.close(() => process.exit(0));
    setTimeout(() => process.exit(0), 1000).unref();
  });
}
