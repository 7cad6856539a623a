/**
 * The button "Post a callback": each press posts the next callback of a made-up session, so that an empty store has
 * something to show. Explore mode's alone: elsewhere callbacks are authenticated. Plain script for browsers.
 */
export const SAMPLE_SCRIPT = `
const SAMPLE_STEPS = [
  ['Authentication', 'Initiated'],
  ['Authentication', 'Finished'],
  ['Accounts', 'InProgress'],
  ['Accounts', 'Finished', { accounts: [{ accountNumber: 'BE68539007547034', accountType: 'CurrentAccount', accountRelation: ['Owner'], manualAccountRelation: null }] }],
  ['Transactions', 'InProgress'],
  ['Transactions', 'Finished'],
];

function offerSamples(button, log) {
  let next = 0;
  button.hidden = false;
  button.onclick = async () => {
    button.disabled = true;
    try {
      // What an earlier visit has posted is repeated: then the one after it.
      for (let outcome = 'repeated'; outcome === 'repeated'; next += 1) outcome = await postStep(next);
    } catch (error) {
      log.note('No callback was posted: ' + error.message);
    }
    button.disabled = false;
  };

  async function postStep(number) {
    const sessionId = 'session-' + (1 + Math.floor(number / SAMPLE_STEPS.length));
    const [stage, status, details = null] = SAMPLE_STEPS[number % SAMPLE_STEPS.length];
    const response = await fetch('/callbacks', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        bank: { id: '75', secondaryIdentifiers: [{ type: '1', value: 'BPKOPLPW' }] },
        ...{ bankId: '75', sessionId, sessionExternalId: 'order-7', userId: 'anna', isSca: true, stage, status, details },
      }),
    });
    const answer = await response.json().catch(() => ({}));
    if (response.status === 401) throw new Error('this gateway authenticates callbacks. Post one as your aggregator does.');
    if (!response.ok) throw new Error(answer.detail ?? 'HTTP ' + response.status);
    if (answer.outcome !== 'repeated') log.note('Posted ' + stage + ' ' + status + ' of ' + sessionId + ': ' + answer.outcome + ' at position ' + answer.position + '.');
    return answer.outcome;
  }
}
`;
