/**
 * The page's script. It holds two streams: the demo's own, of what was sent, and the subscription of the person at the
 * gateway, which it opens again with its cursor when the gateway was away.
 */
export const PAGE_SCRIPT = `
const WORDS = {
  PENDING: 'Connecting your bank', SUCCEEDED: 'Your bank is connected', PARTIALLY_SUCCEEDED: 'Connected in part',
  FAILED: 'The connection failed', NEEDS_AUTHORIZATION: 'Please sign in again',
  AUTHENTICATION: 'Sign in', ACCOUNTS: 'Accounts', TRANSACTIONS: 'Transactions',
  INITIATED: 'begun', IN_PROGRESS: 'under way', FINISHED: 'done', FAILED_STAGE: 'failed',
};
const ROAD = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'];
const SETTLES_MS = 400;
const END = { outcome: 'SUCCEEDED', stage: 'TRANSACTIONS', status: 'FINISHED' };
const SUBSCRIPTION =
  'subscription Person($id: ID, $after: String) { sessionStatusChanged(sessionId: $id, after: $after) {' +
  ' cursor kind recovered session { version outcome stage { name status }' +
  ' stages { name status attempt restartSuspected progress { done total } }' +
  ' accounts { id maskedNumber accountType } transactionPages { accountId transactionsCount } } } }';

const find = (selector) => document.querySelector(selector);
const screen = find('#callboard');
const naive = find('#naive');
let state = null;
let person = newPerson(null);

/** What is known of the session that is shown. */
function newPerson(sessionId) {
  return { sessionId, session: null, cursor: null, source: null, resumes: 0, snapshots: 0, differed: 0, differs: false,
    settling: 0, hasSettled: false };
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function subscribe() {
  const mine = person;
  mine.source?.close();
  const variables = JSON.stringify({ id: mine.sessionId, after: mine.cursor });
  const search = new URLSearchParams({ query: SUBSCRIPTION, variables });
  const source = new EventSource('/graphql?' + search);
  mine.source = source;
  source.onopen = () => {
    if (mine.cursor !== null) mine.resumes += 1;
    render();
  };
  source.onerror = () => {
    render();
    // A browser tries again by itself, but not after an answer other than 200.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => mine.source === source && subscribe(), 500);
  };
  source.addEventListener('next', ({ data }) => {
    const change = JSON.parse(data).data?.sessionStatusChanged;
    if (!change || mine !== person) return;
    mine.cursor = change.cursor;
    if (change.kind === 'SNAPSHOT') mine.snapshots += 1;
    if (change.session) mine.session = change.session;
    render();
  });
}

const live = new EventSource('/demo/live');
live.onmessage = ({ data }) => {
  const before = state;
  state = JSON.parse(data);
  if (state.sessionId !== person.sessionId) {
    person.source?.close();
    person = newPerson(state.sessionId);
    subscribe();
  } else if (state.gateway === 'up' && before?.gateway === 'down') subscribe();
  render();
};
live.onerror = render;

for (const button of document.querySelectorAll('[data-act]')) {
  button.onclick = () => fetch('/demo/acts/' + button.dataset.act, { method: 'POST' }).catch(() => {});
}

function plural(count, noun) {
  return count + ' ' + noun + (count === 1 ? '' : 's');
}

function stageLine(name, status, note) {
  return element('li', status ?? 'UNSEEN', element('span', 'name', WORDS[name]), element('span', 'note', note));
}

function show(card, shown, lines) {
  card.querySelector('.outcome').textContent = shown ? WORDS[shown.outcome] : 'Nothing yet';
  card.querySelector('.stages').replaceChildren(...lines);
  const isEnd = state.isOver && state.waiting === 0;
  const isRight = shown !== null && Object.keys(END).every((key) => shown[key] === END[key]);
  card.classList.toggle('right', isEnd && isRight);
  card.classList.toggle('wrong', isEnd && !isRight);
  const badge = card.querySelector('.badge');
  badge.hidden = !isEnd;
  badge.textContent = isRight ? 'right at the end' : 'wrong at the end';
}

function render() {
  if (state === null) return;
  const { session, source } = person;
  find('#who').textContent = 'connection ' + state.connection + ': ' + state.person + ' at ' + state.bank;
  // Nothing is left that could be lost or overtaken.
  for (const act of ['reorder', 'lose']) find('[data-act=' + act + ']').disabled = state.left === 0;
  find('#over').hidden = state.left > 0;
  find('#waiting').textContent = state.waiting > 1 ? state.waiting + ' wait to be sent' : '';

  const shown = session && { outcome: session.outcome, stage: session.stage.name, status: session.stage.status };
  show(screen, shown, ROAD.map((name) => {
    const { status = null, progress, attempt, restartSuspected } = session?.stages.find((one) => one.name === name) ?? {};
    const isPassed = session !== null && ROAD.indexOf(name) < ROAD.indexOf(session?.stage.name);
    const isOpen = status === 'INITIATED' || status === 'IN_PROGRESS' || status === null;
    const parts = [isPassed && isOpen ? 'end not reported' : WORDS[status] ?? (status ? status.toLowerCase() : '')];
    if (progress) parts.unshift(progress.done + ' of ' + progress.total);
    if (attempt > 1) parts.push('run ' + attempt);
    if (restartSuspected) parts.push('may run again');
    return stageLine(name, status, parts.filter(Boolean).join(', '));
  }));
  const accounts = session?.accounts ?? [];
  const list = screen.querySelector('.accounts');
  for (const { id, maskedNumber, accountType } of accounts.slice(list.children.length)) {
    const item = element('li', '', maskedNumber + ' ', element('span', '', accountType ?? ''));
    item.dataset.id = id;
    list.append(item);
  }
  if (list.firstChild && list.firstChild.dataset.id !== accounts[0]?.id) list.replaceChildren();

  show(naive, state.naive, ROAD.map((name) => {
    const isCurrent = state.naive?.stage === name;
    const status = isCurrent ? state.naive.status : null;
    const isPassed = state.naive !== null && ROAD.indexOf(name) < ROAD.indexOf(state.naive.stage);
    return stageLine(name, status, isCurrent ? WORDS[status] : isPassed ? 'passed' : '');
  }));
  naive.querySelector('.accounts-count').textContent = state.naive ? plural(state.naive.accounts, 'account') + ' in the last list' : '';
  const differs = shown !== null && state.naive !== null && Object.keys(END).some((key) => shown[key] !== state.naive[key]);
  if (!differs) clearTimeout(person.settling);
  if (differs !== person.differs && differs) {
    // The two streams bring one change at slightly different moments: that is no difference.
    const mine = person;
    mine.settling = setTimeout(() => { mine.differed += 1; mine.hasSettled = true; render(); }, SETTLES_MS);
  }
  if (!differs) person.hasSettled = false;
  person.differs = differs;
  find('#differs').textContent = person.hasSettled
    ? 'Differs from what Callboard shows' : person.differed > 0 ? 'Differed ' + plural(person.differed, 'time') : '';

  const isLive = state.gateway === 'up' && source?.readyState === EventSource.OPEN && live.readyState === EventSource.OPEN;
  const mark = find('#live');
  mark.className = isLive ? 'up' : 'down';
  mark.textContent = isLive ? '● live' : state.gateway === 'up' ? '○ connecting' : '○ the gateway is down, and is started again';
  find('#resumed').textContent = person.resumes > 0 ? '· went on ' + plural(person.resumes, 'time') + ' without a gap' : '';
  Object.assign(screen.dataset, { version: session?.version ?? 0, snapshots: person.snapshots, resumes: person.resumes });

  find('#deliveries').replaceChildren(...state.deliveries.map(({ number, act, stage, status, run, fate }) =>
    element('tr', '',
      element('td', '', String(number)), element('td', '', stage + ' ' + status), element('td', '', String(run)),
      element('td', '', act === 'next' ? '' : act), element('td', 'fate-' + fate.split(',')[0], fate))));
}
`;
