// Draws what the server tells; the browser reconnects by itself.
'use strict';

const element = (id) => document.getElementById(id);

function draw({ options, votes, ready }) {
  const total = votes.a + votes.b;
  for (const key of ['a', 'b']) {
    const percent = total ? (100 * votes[key]) / total : 50;
    element(`name-${key}`).textContent = options[key];
    element(`share-${key}`).style.flexBasis = `${percent}%`;
    element(`percent-${key}`).textContent = total ? `${percent.toFixed(1)} %` : '–';
  }
  element('total').textContent = !ready && !total ? 'Waiting for the first vote'
    : total === 0 ? 'No votes yet'
      : total === 1 ? '1 vote' : `${total} votes`;
}

new EventSource('events').onmessage = (event) => draw(JSON.parse(event.data));
