// Preloaded into a gateway's process (`node --import`): its clock is SKEW_MS ahead of this machine's, and after a
// SIGUSR2 SKEW_AFTER_SIGNAL_MS. Only the date moves, as when somebody sets it: `performance.now()` and timers go on.
const RealDate = Date;
let skewMs = Number(process.env.SKEW_MS ?? 0);

class SkewedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + skewMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + skewMs;
  }
}

globalThis.Date = SkewedDate;
process.on('SIGUSR2', () => {
  skewMs = Number(process.env.SKEW_AFTER_SIGNAL_MS ?? 0);
});
