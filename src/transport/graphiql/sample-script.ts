/**
 * The button "Post a callback": each press posts the next callback of a made-up session, or of a payment where the tab
 * that is open is about payments, so that an empty store has something to show. Explore mode's alone: elsewhere callbacks
 * are authenticated. Plain script for browsers.
 */
export const SAMPLE_SCRIPT = `
const SAMPLE_BANK = { id: '75', secondaryIdentifiers: [{ type: '1', value: 'BPKOPLPW' }] };
const SAMPLE_PAYMENT_STATUSES = ['Created', 'InProgress', 'Completed'];
const SAMPLE_STEPS = [
  ['Authentication', 'Initiated'],
  ['Authentication', 'Finished'],
  ['Accounts', 'InProgress'],
  ['Accounts', 'Finished', { accounts: [{ accountNumber: 'BE68539007547034', accountType: 'CurrentAccount', accountRelation: ['Owner'], manualAccountRelation: null }] }],
  ['Transactions', 'InProgress'],
  ['Transactions', 'Finished'],
];

function offerSamples(button, log) {
  const next = { session: 0, payment: 0 };
  button.hidden = false;
  button.onclick = async () => {
    button.disabled = true;
    try {
      // What an earlier visit has posted is repeated: then the one after it.
      const tab = document.querySelector('.graphiql-tab-active')?.textContent ?? '';
      const kind = tab.includes('Payment') ? 'payment' : 'session';
      for (let outcome = 'repeated'; outcome === 'repeated'; next[kind] += 1) outcome = await post(sampleOf[kind](next[kind]));
    } catch (error) {
      log.note('No callback was posted: ' + error.message);
    }
    button.disabled = false;
  };

  async function post({ what, body }) {
    const response = await fetch('/callbacks', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    if (response.status === 401) throw new Error('this gateway authenticates callbacks. Post one as your aggregator does.');
    if (!response.ok) throw new Error(answer.detail ?? 'HTTP ' + response.status);
    if (answer.outcome !== 'repeated') log.note('Posted ' + what + ': ' + answer.outcome + ' at position ' + answer.position + '.');
    return answer.outcome;
  }
}

const sampleOf = {
  session(number) {
    const sessionId = 'session-' + (1 + Math.floor(number / SAMPLE_STEPS.length));
    const [stage, status, details = null] = SAMPLE_STEPS[number % SAMPLE_STEPS.length];
    const named = { sessionId, sessionExternalId: 'order-7', userId: 'anna' };
    return { what: stage + ' ' + status + ' of ' + sessionId, body: { bank: SAMPLE_BANK, bankId: '75', ...named, isSca: true, stage, status, details } };
  },
  payment(number) {
    const paymentId = 'payment-' + (1 + Math.floor(number / SAMPLE_PAYMENT_STATUSES.length));
    const paymentStatus = SAMPLE_PAYMENT_STATUSES[number % SAMPLE_PAYMENT_STATUSES.length];
    const user = { externalId: 'anna', secondaryIdentifiers: {} };
    return { what: paymentStatus + ' of ' + paymentId, body: { bank: SAMPLE_BANK, paymentId, paymentExternalId: 'order-7', paymentStatus, user } };
  },
};
`;
