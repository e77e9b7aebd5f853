import net from 'node:net';
import tls from 'node:tls';
import { type ServerAddress, socketPath } from './server-address.js';

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;

/**
 * Sends a CancelRequest (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS) and waits
 * until the server hangs up, for at most five seconds. The server never says whether there was anything to cancel, so neither do we;
 * a server that cannot be reached is no error here, since the session itself will tell.
 */
export async function sendCancelRequest(server: ServerAddress, key: { processId: number; secret: number }): Promise<void> {
  const path = socketPath(server);
  const plain = path === undefined ? net.connect(server.port, server.host) : net.connect(path);
  const streams: net.Socket[] = [plain];
  const giveUp = setTimeout(() => plain.destroy(), 5000);
  try {
    await once(plain, 'connect');
    const stream = server.ssl === false || path !== undefined ? plain : await encrypt(plain, server);
    if (stream !== plain) streams.push(stream);
    stream.end(message(CANCEL_REQUEST, key.processId, key.secret));
    stream.resume();
    await once(stream, 'close');
  } catch {
    // The session's own socket reports a broken connection.
  } finally {
    clearTimeout(giveUp);
    for (const stream of streams) stream.destroy();
  }
}

async function encrypt(plain: net.Socket, server: ServerAddress): Promise<net.Socket> {
  plain.write(message(SSL_REQUEST));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    plain.once('data', resolve);
    plain.once('error', reject);
    plain.once('close', () => reject(new Error('closed')));
  });
  if (answer.toString('latin1') !== 'S') return plain;
  const settings = typeof server.ssl === 'object' ? server.ssl : {};
  const servername = net.isIP(server.host) === 0 ? { servername: server.host } : {};
  const stream = tls.connect({ ...settings, ...servername, socket: plain, host: server.host });
  await once(stream, 'secureConnect');
  return stream;
}

function message(...words: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * words.length);
  buffer.writeInt32BE(buffer.length, 0);
  words.forEach((word, index) => buffer.writeInt32BE(word, 4 + 4 * index));
  return buffer;
}

function once(socket: net.Socket, event: 'connect' | 'secureConnect' | 'close'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
    if (event !== 'close') socket.once('close', () => reject(new Error('closed')));
  });
}
