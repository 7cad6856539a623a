/** The page, filled by its script: what stands here is what is there before the first message. */
export const PAGE_HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Callboard: try to break it</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/demo/page.css">
    <script type="module" src="/demo/page.js"></script>
  </head>
  <body>
    <header>
      <h1>Callboard <small>try to break it</small></h1>
      <p id="who">Connecting…</p>
      <nav><a href="/graphql">GraphiQL</a></nav>
    </header>
    <noscript>This page needs JavaScript.</noscript>
    <main>
      <section class="card" id="callboard" aria-live="polite">
        <h2>What the person sees <span class="by">Callboard</span></h2>
        <p class="headline"><strong class="outcome">…</strong> <span class="badge" hidden></span></p>
        <ol class="stages"></ol>
        <ul class="accounts"></ul>
        <p class="line"><span id="live">connecting</span> <span id="resumed"></span></p>
      </section>
      <section class="card" id="naive">
        <h2>The same callbacks <span class="by">last write wins</span></h2>
        <p class="headline"><strong class="outcome">…</strong> <span class="badge" hidden></span></p>
        <ol class="stages"></ol>
        <p class="accounts-count"></p>
        <p class="line" id="differs"></p>
      </section>
    </main>
    <section id="acts" aria-label="Disturb the connection">
      <button data-act="duplicate" title="An earlier callback is sent again">Duplicate</button>
      <button data-act="reorder" title="The next two callbacks are sent in the wrong order">Reorder</button>
      <button data-act="lose" title="The next callback gets lost; the end of a run is sent again">Lose</button>
      <button data-act="restart" title="The bank begins its run again, from the first callback">Restart the bank's run</button>
      <button data-act="kill" class="danger" title="kill -9; it is started again">Kill the gateway</button>
      <button data-act="another" class="plain">Another person</button>
    </section>
    <p id="note"><span id="over" hidden>The run is over: nothing is left to reorder or to lose. Restart it, or take another person.</span>
      Each press also costs the aggregator an answer: when the run is over it sends an earlier callback again, as senders that
      retry do.</p>
    <section>
      <h2>Callbacks as they arrive <span id="waiting"></span></h2>
      <div class="scroll">
        <table>
          <thead><tr><th>no.</th><th>callback</th><th>run</th><th>sent</th><th>fate</th></tr></thead>
          <tbody id="deliveries"></tbody>
        </table>
      </div>
    </section>
  </body>
</html>
`;
