// Says in one line that Node is too old, before anything is loaded that such a Node cannot read. Written in what every
// Node understands; a version beside engines in package.json would be forgotten, so it is read there.
var needed = /(\d+)\.(\d+)/.exec(require('../package.json').engines.node);
var found = /(\d+)\.(\d+)/.exec(process.version);
var major = found[1] - needed[1];
if (major < 0 || (major === 0 && found[2] - needed[2] < 0)) {
  console.error(
    'callboard: Node ' +
      needed[0] +
      ' or newer is needed, and this is ' +
      process.version +
      ': get one from https://nodejs.org (24 is the fastest)',
  );
  process.exit(1);
}
