/**
 * How the page sends operations: queries by POST, subscriptions over a WebSocket or as an event stream. A subscription
 * that loses its connection comes back by itself and resumes by its newest cursor, which GraphiQL's own fetcher does
 * not: there it ended with `{"isTrusted":true}`. Plain script for browsers, as the log's.
 */
export const FETCHER_SCRIPT = `
/** Nothing gets better by coming back after these: see "When a connection ends" in docs/subscriptions.md. */
const FATAL_CLOSES = [1008, 1009, 4400, 4401, 4406, 4409, 4429];
const MAX_WAIT_MS = 3000;

function createFetcher(live, log) {
  return (given, options) => {
    const headers = options?.headers ?? {};
    const { type, name } = onlyOperation(given.query) ?? namedOperation(given, options);
    const params = { ...given, operationName: name };
    return type === 'subscription' ? createSubscription(live, params, headers, log) : query(params, headers);
  };
}

/**
 * The operation of a text that has one, else null. By the text: for a moment after a change of tabs GraphiQL still gives
 * the name and the document of the tab before.
 */
function onlyOperation(text) {
  const found = [...text.matchAll(/^\\s*(query|mutation|subscription)\\b\\s*(\\w*)/gm)];
  return found.length === 1 ? { type: found[0][1], name: found[0][2] || undefined } : null;
}

function namedOperation({ operationName }, options) {
  const operations = (options?.documentAST?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition');
  const named = operations.find(({ name }) => name?.value === operationName);
  return { type: (named ?? operations[0])?.operation, name: operationName };
}

async function query(params, headers) {
  let response;
  try {
    response = await post(params, headers, 'application/graphql-response+json, application/json');
  } catch {
    return { errors: [{ message: 'The gateway does not answer: is it running?' }] };
  }
  return response.json();
}

function post({ query, variables, operationName, extensions }, headers, accept, signal) {
  return fetch('/graphql', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept },
    body: JSON.stringify({ query, variables, operationName, extensions }),
    signal,
  });
}

/** An Observable, as GraphiQL takes it. */
function createSubscription(live, params, headers, log) {
  return {
    subscribe(observer) {
      let cursor;
      let tries = 0;
      let count = 0;
      let leave = () => {};
      let timer = null;

      function connect() {
        timer = null;
        const extensions = { ...params.extensions };
        if (cursor !== undefined) extensions.after = cursor;
        // A WebSocket of a page sends no headers: explore mode takes Callboard-As from here.
        if (live === 'WS') extensions.headers = headers;
        const open = live === 'WS' ? overWebSocket : overEventStream;
        leave = open({ ...params, extensions }, headers, {
          opened() {
            if (tries > 0) log.note('Connected again' + (cursor === undefined ? '.' : ', resumed after cursor ' + cursor + '.'));
            tries = 0;
            log.state('live', text());
          },
          next(result) {
            cursor = result.extensions?.cursor ?? cursor;
            count += 1;
            log.message(result);
            log.state('live', text());
            observer.next(result);
          },
          ended(why) {
            stop();
            log.state('ended', 'Ended: ' + why);
            log.note('Ended: ' + why);
            observer.complete();
          },
          lost(why) {
            if (tries === 0) log.note('Connection lost (' + why + '): coming back by itself.');
            const waitMs = Math.min(MAX_WAIT_MS, 250 * 2 ** tries) * (0.5 + Math.random() / 2);
            tries += 1;
            log.state('waiting', 'Connection lost (' + why + '). Try ' + tries + ' …');
            timer = setTimeout(connect, waitMs);
          },
        });
      }

      const text = () => 'Live · ' + count + (count === 1 ? ' message' : ' messages');
      /** The network is back, or the reader: then nobody waits. */
      function hurry() {
        if (timer === null || document.visibilityState === 'hidden') return;
        clearTimeout(timer);
        connect();
      }
      function stop() {
        clearTimeout(timer);
        timer = null;
        removeEventListener('online', hurry);
        document.removeEventListener('visibilitychange', hurry);
        leave();
      }

      addEventListener('online', hurry);
      document.addEventListener('visibilitychange', hurry);
      log.state('connecting', 'Connecting …');
      connect();
      return {
        unsubscribe() {
          stop();
          log.state('ended', 'Stopped after ' + count + (count === 1 ? ' message.' : ' messages.'));
        },
      };
    },
  };
}

/** One connection by graphql-transport-ws. Returns what closes it. */
function overWebSocket(operation, _headers, sink) {
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/graphql', 'graphql-transport-ws');
  const send = (message) => socket.send(JSON.stringify(message));
  const close = () => {
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  };
  socket.onopen = () => send({ type: 'connection_init' });
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === 'connection_ack') {
      sink.opened();
      send({ id: '1', type: 'subscribe', payload: operation });
    } else if (type === 'next') sink.next(payload);
    else if (type === 'ping') send({ type: 'pong' });
    else if (type === 'error') {
      sink.next({ errors: payload });
      sink.ended(messagesOf(payload));
    } else if (type === 'complete') sink.ended('the gateway completed it.');
  };
  socket.onclose = ({ code, reason }) => {
    const why = reason === '' ? String(code) : code + ' ' + reason;
    if (FATAL_CLOSES.includes(code)) sink.ended(why);
    else sink.lost(why);
  };
  return close;
}

/** One connection as an event stream. Returns what closes it. */
function overEventStream(operation, headers, sink) {
  const ending = new AbortController();
  read().catch((error) => {
    if (!ending.signal.aborted) sink.lost(error.message);
  });
  return () => ending.abort();

  async function read() {
    const response = await post(operation, headers, 'text/event-stream', ending.signal);
    if (response.status === 429 || response.status >= 500) throw new Error('HTTP ' + response.status);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      const answer = await response.json();
      sink.next(answer);
      return sink.ended(messagesOf(answer.errors ?? []));
    }
    sink.opened();
    let rest = '';
    let failure = null;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (ending.signal.aborted) return;
      if (done) throw new Error('the stream was cut');
      const blocks = (rest + value).split('\\n\\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const data = /^data: ?(.+)$/m.exec(block)?.[1];
        if (/^event: ?next$/m.test(block) && data !== undefined) {
          const result = JSON.parse(data);
          failure = result.errors ?? null;
          sink.next(result);
        } else if (/^event: ?complete$/m.test(block)) {
          return sink.ended(failure === null ? 'the gateway completed it.' : messagesOf(failure));
        }
      }
    }
  }
}

function messagesOf(errors) {
  return errors.map(({ message }) => message).join(' ');
}
`;
