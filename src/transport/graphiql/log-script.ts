/**
 * The log of the page: every message of a subscription, newest first, with its time, cursor and kind. Plain script for
 * browsers, kept as text because no build step stands between the sources and the page. Everything that came from
 * elsewhere is written by `textContent`.
 */
export const LOG_SCRIPT = `
/** Older messages are dropped: the page stays quick, and the journal has them. */
const MAX_ENTRIES = 500;

function createLog() {
  const part = (id) => document.getElementById(id);
  const [section, list, state, toggle, pause] = ['log', 'log-entries', 'log-state', 'log-toggle', 'log-pause'].map(part);
  /** Newest first: what was received, as it is copied. */
  const received = [];
  /** Rows that came while the log was paused, oldest first; null while it is not. */
  let held = null;

  function open(isOpen) {
    section.classList.toggle('open', isOpen);
    toggle.setAttribute('aria-expanded', String(isOpen));
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function show(row) {
    list.prepend(row);
    while (list.childElementCount > MAX_ENTRIES) list.lastElementChild.remove();
  }

  function add(row) {
    if (held === null) return show(row);
    held.push(row);
    held.splice(0, held.length - MAX_ENTRIES);
    pause.textContent = 'Resume (' + held.length + ' new)';
  }

  function rowOf(className, parts) {
    const row = document.createElement('li');
    row.className = className;
    row.append(...parts);
    return row;
  }

  const timeOf = (date) => element('time', 'log-time', date.toTimeString().slice(0, 8) + '.' + String(date.getMilliseconds()).padStart(3, '0'));

  async function copy(text, button) {
    await navigator.clipboard.writeText(text);
    const label = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1000);
  }

  function message(result) {
    const at = new Date();
    const [field, change] = Object.entries(result.data ?? {})[0] ?? ['errors', result.errors];
    const cursor = result.extensions?.cursor ?? change?.cursor ?? '';
    const kind = change?.kind ?? change?.callback?.outcome ?? (result.errors === undefined ? '' : 'ERROR');
    received.unshift({ time: at.toISOString(), cursor, kind, result });
    received.length = Math.min(received.length, MAX_ENTRIES);

    const head = document.createElement('summary');
    const shortCursor = element('code', 'log-cursor', cursor);
    shortCursor.title = cursor;
    head.append(timeOf(at), element('b', 'log-kind', kind), element('span', 'log-what', summaryOf(change)), shortCursor);
    const button = element('button', 'log-copy-one', 'Copy');
    button.type = 'button';
    const text = JSON.stringify(result, null, 2);
    button.onclick = () => copy(text, button);
    const details = document.createElement('details');
    details.append(head, button, element('pre', 'log-text', text));
    details.title = field;
    add(rowOf('log-message', [details]));
  }

  /** A line of the page's own: what the connection does, what was posted. */
  function note(text) {
    add(rowOf('log-note', [timeOf(new Date()), element('span', 'log-what', text)]));
  }

  toggle.onclick = () => open(!section.classList.contains('open'));
  pause.onclick = () => {
    const rows = held;
    held = rows === null ? [] : null;
    pause.textContent = held === null ? 'Pause' : 'Resume';
    pause.setAttribute('aria-pressed', String(held !== null));
    for (const row of rows ?? []) show(row);
  };
  part('log-clear').onclick = () => {
    received.length = 0;
    list.replaceChildren();
  };
  part('log-copy').onclick = ({ target }) => copy(received.map((entry) => JSON.stringify(entry)).join('\\n'), target);

  return {
    message,
    note,
    /** Opens the log, and says how the subscription stands. */
    state(name, text) {
      if (name === 'connecting') open(true);
      section.dataset.state = name;
      state.textContent = text;
    },
  };
}

/** The first values of a change in one line, the session's or payment's own id first; what goes without saying is left out. */
function summaryOf(change) {
  const found = [];
  const collect = (value, name) => {
    if (value === null || value === (name === 'matches') || ['cursor', 'kind', 'changedAt', 'id'].includes(name)) return;
    if (Array.isArray(value)) return;
    if (typeof value !== 'object') found.push(['sessionId', 'paymentId', 'name', 'status'].includes(name) ? value : name + ' ' + value);
    else for (const [key, inner] of Object.entries(value)) collect(inner, key);
  };
  const { session, payment, ...rest } = change ?? {};
  collect({ sessionId: session?.sessionId ?? null, paymentId: payment?.paymentId ?? null, ...rest }, '');
  collect({ ...session, ...payment, sessionId: null, paymentId: null }, '');
  return found.slice(0, 10).join(' · ');
}
`;
