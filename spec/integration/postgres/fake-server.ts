import net from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';

/** Self-signed for localhost and 127.0.0.1, until 2126. It protects nothing. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUf9ilyNCCyyGKFMLIJ+z0qubphT8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjA1MTA0NFoYDzIxMjYxMDI5
MDUxMDQ0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATa6fFt+Sn69UCVCJrNDHIjBAAil0b7TmG9WexzM/oGmzZVPMkN+i1W
pGexnT6FXNLc2mklYUe/eyRBj1IPRy4do28wbTAdBgNVHQ4EFgQUds0h1Bhr+oFa
qzd/XUQEpYdeap4wHwYDVR0jBBgwFoAUds0h1Bhr+oFaqzd/XUQEpYdeap4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgMKGZt0aZ7bisHcYbl92lPKmGRUWUVhfgP5KvjOOw+X0CICsf
96xPGGH0764udotNfhbP8i9qNh5Tyomn0olUGqz9
-----END CERTIFICATE-----
`;
const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSq1znWxub/41ds6i
xmCI0JjLr10Mtllx6Q4dzcvpkR+hRANCAATa6fFt+Sn69UCVCJrNDHIjBAAil0b7
TmG9WexzM/oGmzZVPMkN+i1WpGexnT6FXNLc2mklYUe/eyRBj1IPRy4d
-----END PRIVATE KEY-----
`;

/** Listens on a free port of 127.0.0.1 until the test is over. */
export async function listen(accept: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    accept(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A port of 127.0.0.1 where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that refuses every session with an ErrorResponse. */
export function refuse(socket: net.Socket, sqlstate: string, text: string): void {
  socket.once('data', () => socket.end(message('E', `SFATAL\0VFATAL\0C${sqlstate}\0M${text}\0\0`)));
}

/** A server that lets everybody in as server process 1, and answers every query with one row of these columns. */
export function answer(socket: net.Socket, row: Readonly<Record<string, string>>): void {
  socket.once('data', () => {
    socket.write(Buffer.concat([message('R', int32(0)), message('K', Buffer.concat([int32(1), int32(2)])), message('Z', 'I')]));
    socket.on('data', (query) => {
      if (query[0] !== 'Q'.charCodeAt(0)) return socket.end();
      const columns = Object.keys(row).map((name) => Buffer.concat([Buffer.from(`${name}\0`), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]));
      const values = Object.values(row).map((value) => Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]));
      return socket.write(
        Buffer.concat([
          message('T', Buffer.concat([int16(columns.length), ...columns])),
          message('D', Buffer.concat([int16(values.length), ...values])),
          message('C', 'SELECT 1\0'),
          message('Z', 'I'),
        ]),
      );
    });
  });
}

/** Passes everything on to the real server. */
export function passOn(socket: net.Socket, target: { readonly host: string; readonly port: number }, change = (data: Buffer) => data): void {
  const real = net.connect(target.port, target.host);
  real.on('error', () => socket.destroy());
  socket.on('close', () => real.destroy());
  socket.pipe(real);
  real.on('data', (data: Buffer) => socket.write(change(data)));
  real.on('end', () => socket.end());
}

/** Says yes to TLS with the certificate above, and passes what comes on to the real server, which has none. */
export function passOnWithTls(socket: net.Socket, target: { readonly host: string; readonly port: number }): void {
  socket.once('data', () => {
    socket.write('S');
    const secure = new tls.TLSSocket(socket, { isServer: true, cert: certificate, key: privateKey });
    secure.on('error', () => socket.destroy());
    passOn(secure, target);
  });
}

function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}
