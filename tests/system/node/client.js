// Runs the steps that test_client_ssh2_sftp_client.py gives on standard input, one connection for
// all. Ends with 1 and the reason when one of them fails.
'use strict';
const fs = require('fs');
const Client = require('ssh2-sftp-client');

const given = JSON.parse(fs.readFileSync(0));
const sftp = new Client('garita', { error: () => {}, end: () => {}, close: () => {} });
let exchanges = 0;

// ssh2 begins no key exchange by itself; while a transfer runs this asks for three.
function rekeying(work) {
  if (!given.rekey) return work;
  let goesOn = true;
  const again = () => {
    if (goesOn && exchanges < 3) sftp.client._protocol.rekey();
  };
  sftp.client.on('handshake', () => { exchanges += 1; setTimeout(again, 5); });
  again();
  return work.finally(() => { goesOn = false; });
}

// Of 'r+' and 'a': an unfinished upload goes on at its size.
async function resume(local, remote) {
  const { size } = await sftp.stat(remote);
  await sftp.put(fs.createReadStream(local, { start: size }), remote,
    { writeStreamOptions: { flags: 'r+', start: size } });
}

const utimes = (path, seconds) => new Promise((done, failed) => {
  sftp.sftp.utimes(path, +seconds, +seconds, (error) => (error ? failed(error) : done()));
});

const print = (value) => console.log(JSON.stringify(value));

const steps = {
  put: (local, remote) => rekeying(sftp.put(local, remote)),
  fastPut: (local, remote) => sftp.fastPut(local, remote),
  append: (local, remote) => sftp.append(fs.readFileSync(local), remote),
  get: (remote, local) => rekeying(sftp.get(remote, local)),
  resume,
  utimes,
  rename: (source, target) => sftp.rename(source, target),
  mkdir: (path) => sftp.mkdir(path),
  mkdirRecursive: (path) => sftp.mkdir(path, true),
  delete: (path) => sftp.delete(path),
  list: async (folder) => print((await sftp.list(folder)).map((entry) => entry.name)),
  size: async (path) => print((await sftp.stat(path)).size),
  exists: async (path) => print(await sftp.exists(path)),
};

async function run() {
  await sftp.connect({
    host: given.host,
    port: given.port,
    username: given.user,
    password: given.password,
    privateKey: given.key && fs.readFileSync(given.key),
    hostVerifier: (key) => key.toString('base64') === given.hostKey,
    readyTimeout: 20000,
  });
  for (const [name, ...parts] of given.steps) {
    await steps[name](...parts);
  }
  if (given.rekey) fs.writeFileSync(given.rekeys, String(exchanges));
  await sftp.end();
}

run().catch((error) => {
  console.log(error.message);
  process.exit(1);
});
