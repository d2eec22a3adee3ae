/**
 * Preloaded into a companion: ends it when its hub is gone, however the hub went. The channel between them is closed by the
 * system even after SIGKILL, and the companion, in a process group of its own, would keep its port for ever.
 */
const patienceMilliseconds = 3000;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), patienceMilliseconds).unref();
});
// The listener alone would keep a companion alive that has nothing left to do.
process.channel?.unref();
